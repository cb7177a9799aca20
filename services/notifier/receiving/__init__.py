"""What is done at receptions, and with what was decided there."""
