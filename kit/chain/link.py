"""The chain's rules: how a link follows from the one before, and a walk that finds what does not follow.

`hash = SHA-256(hash before || canonical JSON of the row)`, numbers without a gap (reliability.md D.4). The
first link follows a hash of the service's name, so that no service's chain passes for another's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from kit.chain.canonical import canonical
from kit.chain.fault import Fault, Wrong
from kit.chain.row import Row

TOLERANCE: Final = timedelta(minutes=5)
"""How much earlier than its neighbours a late commit may have been written (statements end after 8 s)."""
MOST_FAULTS: Final = 1_000
"""So many are kept; the rest is counted."""


def genesis(service: str) -> bytes:
    """What the first link of a service follows."""
    return sha256(f"chuishao audit chain of {service}".encode()).digest()


def link(before: bytes, row: Row) -> bytes:
    """The hash of a row that follows `before`; the row's own `hash` is not looked at."""
    return sha256(before + canonical(row)).digest()


class Walk:
    """Goes along a chain, or a part of it, link by link, and notes every place where it does not hold."""

    def __init__(
        self,
        head: bytes,
        seq: int = 0,
        *,
        latest: str = "",
        anchored: Mapping[int, bytes] | None = None,
    ) -> None:
        """Start behind link `seq`, whose hash is `head` and whose record was written at `latest`.

        `anchored` is what anchors say of the hashes of links.
        """
        self.seq = seq
        self.head = head
        self.rows = 0
        self.faults: list[Fault] = []
        self.kinds: Counter[Wrong] = Counter()
        """How many faults there are of each kind, those that are not kept too."""
        self._other: bytes | None = None
        """After a row that did not fit: the hash it should have had."""
        self._latest = latest
        self._anchored = anchored or {}

    def feed(self, rows: Iterable[Row]) -> None:
        """Take the next rows, in the order of their numbers."""
        for row in rows:
            seq, hashed = row[0], row[2]
            if seq != self.seq + 1:
                self._missing(seq, row)
            elif row[3] is None:
                self._note(Wrong.GONE, seq)
                self._other = None
            elif link(self.head, row) == hashed:
                self._other = None
            else:
                self._differs(row)
            if self._anchored and self._anchored.get(seq, hashed) != hashed:
                self._note(Wrong.REWRITTEN, seq, str(row[3]))
            written_at = row[5] or self._latest
            fits = self._latest <= written_at <= row[1]
            if not fits and odd_time(written_at, row[1], self._latest):
                self._note(Wrong.OLD_TIME, seq, str(row[3]))
                written_at = self._latest
            self._latest = max(self._latest, written_at)
            self.seq, self.head = seq, hashed
            self.rows += 1

    def _missing(self, seq: int, row: Row) -> None:
        last = seq - 1
        first = self.seq + 1
        self._note(Wrong.MISSING, first, f"{first}–{last}" if last > first else str(first))
        self._other = None
        if row[3] is None:
            self._note(Wrong.GONE, seq)

    def _differs(self, row: Row) -> None:
        """The record was changed; or, where this row follows what the last should have been, that link."""
        if self._other is not None and link(self._other, row) == row[2]:
            self.faults = [self._renamed(fault) for fault in self.faults]
            self.kinds.subtract([Wrong.CHANGED])
            self.kinds.update([Wrong.LINK])
            self._other = None
            return
        self._note(Wrong.CHANGED, row[0], str(row[3]))
        self._other = link(self.head, row)

    def _renamed(self, fault: Fault) -> Fault:
        if fault.wrong is Wrong.CHANGED and fault.seq == self.seq:
            return Fault(Wrong.LINK, fault.seq, fault.about)
        return fault

    def _note(self, wrong: Wrong, seq: int, about: str = "") -> None:
        self.kinds[wrong] += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(wrong, seq, about))


def odd_time(written_at: str, linked_at: str, latest: str) -> bool:
    """True for a record whose time fits neither its neighbours nor its link.

    Written long before what stands before it in the chain, or long after it was linked. A clock that was
    set back or forward makes such records too, but then the link or the neighbours are as early or as late.
    """
    try:
        written, linked = datetime.fromisoformat(written_at), datetime.fromisoformat(linked_at)
        last = datetime.fromisoformat(latest) if latest else written
    except ValueError:
        return True  # infinity, or a year no clock shows
    if abs(linked - written) <= TOLERANCE:
        return False
    return last - written > TOLERANCE or (written > linked and written - last > TOLERANCE)
