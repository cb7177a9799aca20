"""Hot issues: many callers, one matter."""
