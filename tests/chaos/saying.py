"""Lines for who watches: progress on stderr, so that stdout ends with the verdict; and dice from a seed."""

from __future__ import annotations

import random
import sys


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def conclude(text: str) -> None:
    """The last line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def dice(seed: int, name: str) -> random.Random:
    """Dice of somebody's own: what one draws changes nothing for the others."""
    return random.Random(f"{seed} {name}")  # noqa: S311 - varied and repeatable, not secret
