"""Accepts every complaint exactly once, and says so quickly."""
