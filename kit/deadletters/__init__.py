"""What could not be applied: listed, looked at, applied once more, or put aside with a reason."""
