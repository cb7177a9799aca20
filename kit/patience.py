"""How long a message that came before an earlier one is left to the broker (docs/adr/0046).

Counted in verdicts: each time the consumer looked and the earlier one was not there. Two verdicts lie at
least the delay between them apart, so enough of them are enough time, whatever any clock says, and neither
an outage nor a restart nor a deep backlog makes one impatient.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

FIRST_S: Final = 0.1
DOUBLINGS: Final = 9
"""The delay doubles up to 51 s."""
VERDICTS: Final = 12
"""After so many a message has waited two and a half minutes."""
CROWD: Final = 512
"""A quarter of `max_ack_pending`: when more wait than this, there is no room to wait long."""
CROWDED_VERDICTS: Final = 5
"""After so many a message has waited a second and a half."""
FORGOTTEN_S: Final = 120.0
"""More than two of the longest delays: whoever did not come again was taken by another replica."""


def delay_s(tries: int) -> float:
    """Seconds until the next look, after so many."""
    return FIRST_S * 2.0 ** min(max(tries, 1) - 1, DOUBLINGS)


def lacks_version(zh: str, en: str, ident: UUID, version: int) -> str:
    """What an event of a ticket or a whistle waits for."""
    return f"{zh} {ident} 缺第 {version} 版 / version {version} of {en} {ident} is missing"


def lacks_complaint(number: str) -> str:
    """What a later fact about a complaint waits for."""
    return f"诉求 {number} 尚未收到 / complaint {number} did not come yet"


class Patience:
    """What one process remembers of those that wait."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, tuple[int, float]] = {}
        """Verdicts and when the last one was, by event; the one seen longest ago first."""

    def knows(self, event_id: UUID) -> bool:
        """Whether this process told it to come again."""
        return event_id in self._waiting

    def early(self, event_id: UUID, at_s: float) -> float | None:
        """Seconds until it is looked at again; None when it waited long enough. `at_s` is monotonic."""
        self._forget(at_s)
        verdicts = self._waiting.pop(event_id, (0, at_s))[0] + 1
        if verdicts >= (CROWDED_VERDICTS if len(self._waiting) >= CROWD else VERDICTS):
            return None
        self._waiting[event_id] = (verdicts, at_s)
        return delay_s(verdicts)

    def over(self, event_id: UUID) -> None:
        """It was applied."""
        self._waiting.pop(event_id, None)

    def _forget(self, at_s: float) -> None:
        while self._waiting:
            oldest = next(iter(self._waiting))
            if at_s - self._waiting[oldest][1] <= FORGOTTEN_S:
                return
            del self._waiting[oldest]
