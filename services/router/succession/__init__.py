"""When areas or owners change: open tickets follow, closed ones keep what they had."""
