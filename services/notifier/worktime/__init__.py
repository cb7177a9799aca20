"""Working time: the calendar, and the limits and due times that run on it."""
