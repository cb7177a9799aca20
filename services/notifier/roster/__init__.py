"""Units, posts and the rota of one directory version: who holds which post, who is there, whose table is whose."""
