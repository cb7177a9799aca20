"""Measures the product against raw floors of its own servers, all in one run."""
