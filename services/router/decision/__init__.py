"""Who answers for it, and why: place, category and duty become one receipt."""
