"""Notifier: runs the clocks, warns, climbs the ladder; nothing unresolved stays quiet."""
