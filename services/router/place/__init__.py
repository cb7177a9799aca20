"""Where it is: names, houses, points and outlines, as people say them."""
