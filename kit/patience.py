"""How long a message that came before an earlier one is left to the broker (docs/adr/0046).

Counted in verdicts: each time the consumer looked and the earlier one was not there. Two verdicts lie at
least the delay between them apart, so enough of them are enough time, whatever any clock says, and neither
an outage nor a restart nor a deep backlog makes one impatient.
"""

from __future__ import annotations

from typing import Final, TypeAlias
from uuid import UUID

FIRST_S: Final = 0.1
DOUBLINGS: Final = 9
"""The delay doubles up to 51 s."""
VERDICTS: Final = 12
"""After so many a message has waited two and a half minutes."""
CROWD: Final = 4_096
"""Beyond so many there is no room to wait long."""
CROWDED_VERDICTS: Final = 5
"""After so many a message has waited a second and a half."""
FULL: Final = 2 * CROWD
"""Beyond so many none waits: an eighth of `max_ack_pending` (contracts/topology.py), so that as many as seven
processes of a service leave an eighth of it to what can be applied. Each is some 220 bytes of memory."""
ABSENT_S: Final = 120.0
"""More than two of the longest delays: whoever did not come again is with another replica and no part of
the crowd here."""
FORGOTTEN_S: Final = 3_600.0
"""How long the verdicts on such a one are kept. Looks fall to replicas by chance: if each forgot what the
others looked at for two minutes, none might ever count to the end. Enough for twenty replicas, which together
take twenty times two and a half minutes at most."""

Looks: TypeAlias = dict[UUID, tuple[int, float]]
"""Verdicts and when the last one was, by event; the one seen longest ago first."""


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
        self._waiting: Looks = {}
        self._absent: Looks = {}
        """Those that did not come again; of them, too, no more than FULL are remembered."""

    def knows(self, event_id: UUID) -> bool:
        """Whether this process told it to come again."""
        return event_id in self._waiting or event_id in self._absent

    def early(self, event_id: UUID, at_s: float) -> float | None:
        """Seconds until it is looked at again; None when it waited long enough. `at_s` is monotonic."""
        self._forget(at_s)
        verdicts = self.over(event_id) + 1
        if verdicts >= self._most():
            return None
        self._waiting[event_id] = (verdicts, at_s)
        return delay_s(verdicts)

    def over(self, event_id: UUID) -> int:
        """It was applied, or is judged anew: forget it. Returns the verdicts there were."""
        looks = self._waiting if event_id in self._waiting else self._absent
        verdicts, _ = looks.pop(event_id, (0, 0.0))
        return verdicts

    def _most(self) -> int:
        if len(self._waiting) >= FULL:
            return 1
        return CROWDED_VERDICTS if len(self._waiting) >= CROWD else VERDICTS

    def _forget(self, at_s: float) -> None:
        while self._waiting and _oldest(self._waiting) < at_s - ABSENT_S:
            event_id = next(iter(self._waiting))
            self._absent[event_id] = self._waiting.pop(event_id)
        while self._absent and (
            len(self._absent) > FULL or _oldest(self._absent) < at_s - FORGOTTEN_S
        ):
            del self._absent[next(iter(self._absent))]


def _oldest(looks: Looks) -> float:
    return next(iter(looks.values()))[1]
