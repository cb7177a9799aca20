"""Areas as maps draw them: their names, the tree they form, and their outlines where the city has drawn them."""
