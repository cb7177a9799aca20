"""What it is about: keywords, and a model learned from the city's own tickets."""
