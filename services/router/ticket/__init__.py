"""A ticket's life: opened, moved, merged, followed; every step with history, events and audit."""
