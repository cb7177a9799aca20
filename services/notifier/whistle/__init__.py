"""The clocks of a whistle."""
