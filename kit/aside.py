"""Large frozen values made and let go beside the event loop: what a directory of a million places needs.

Both happen in a thread, which shares the interpreter with the event loop. So the loop gets its turn
after half a millisecond instead of five, the garbage collector does not walk new rows that never form
cycles, and what is let go goes piece by piece.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

SWITCH_S: Final = 0.0005
"""How long a thread computes before it gives way to the loop; Python's own 0.005 s halts every step of it."""
PIECE: Final = 1_000
"""Values let go at once: about a millisecond of freeing."""
PAUSE_S: Final = 0.001


@contextmanager
def building() -> Iterator[None]:
    """While a large value is made; one at a time in a process. What was made is never walked again."""
    before = sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        gc.freeze()
        gc.enable()


def in_pieces(tables: Iterable[Mapping[Any, Any]]) -> list[Any]:
    """Some tables for `let_go`: from the end, each table and then its values, some of them at a time."""
    pieces: list[Any] = []
    for table in tables:
        values = iter(table.values())
        while piece := list(islice(values, PIECE)):
            pieces.append(piece)
        pieces.append(table)
    return pieces


def let_go(pieces: list[Any]) -> None:
    """Drop pieces one by one, the last first, and give way in between; for a thread. What others still hold stays."""
    while pieces:
        pieces.pop()
        time.sleep(PAUSE_S)
