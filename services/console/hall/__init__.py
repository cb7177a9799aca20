"""What the walls of the command hall show besides what is live: the picture they were told, and how things stood."""
