"""Who is told of what, when and how often: occasions, notices, and the channels they go through."""
