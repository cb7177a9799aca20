"""All views made anew from the kept events, and compared with the live ones (domain.md E13, F13)."""
