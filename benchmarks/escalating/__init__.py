"""What the ladder costs: through the whole product, and alone with a million open clocks."""
