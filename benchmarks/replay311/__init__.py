"""A city's published targets, learned from the earlier half of its file and recomputed for the later half."""
