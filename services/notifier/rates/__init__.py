"""Rates of domain.md D8: facts, figures, exclusions, reports and signs of begging."""
