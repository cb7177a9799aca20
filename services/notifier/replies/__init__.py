"""Replies by short message or work chat: codes, their grammar, who may send them. Pure but the store."""
