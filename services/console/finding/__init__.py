"""Names of the directory for screens, and what somebody means who types a few letters."""
