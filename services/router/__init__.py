"""Gives every complaint one responsible owner, and can say why."""
