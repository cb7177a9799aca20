"""The life of a directory and of a category model: checked, published in whole, watched."""
