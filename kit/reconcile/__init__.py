"""Compares what was published with what the streams hold, and offers again what a broker lost (ADR 0040)."""
