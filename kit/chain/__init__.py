"""Audit rows linked into a chain, its heads signed and kept elsewhere, and how both are verified."""
