"""Turns requests away while nothing but their head has been read, so that a flood of them stays cheap.

The questions are the same as inside: would it wait too long (kit/limits/admission.py), and has this very token
just used up its share (kit/limits/rates.py). The first refusals of a moment are said at once. Of the rest a
tenth is said every tenth of a second: whoever asks again as soon as it was refused asks about once a second
then, and a line that waits for its answer costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final

from kit import metrics
from kit.errors import DomainError, Kind, unavailable
from kit.http import PUBLIC, language_of, problem
from kit.limits.admission import Admission
from kit.limits.bounds import SMALL_BODY
from kit.limits.rates import Rates, too_many
from kit.logging import get

log = get(__name__)

AT_ONCE: Final = 50
"""Refusals said at once in each TURN_S; as many are said of those put off, or their SHARE, if that is more."""
TURN_S: Final = 0.1
SHARE: Final = 0.1
"""So that nobody waits much over a second (reliability.md row 17: 2 s), however many are refused."""
SAY_S: Final = 1.0
"""Seconds between two lines of the log about it."""
BUSY: Final = unavailable()
WORDS_MOST: Final = 64
"""Answers kept ready: few differ."""


class Keeper:
    """Stands at the door of one service."""

    def __init__(self, admission: Admission, rates: Rates | None, service: str) -> None:
        self._admission = admission
        self._rates = rates
        metrics.WAITING.labels(service).set_function(lambda: admission.waiting)
        self._said: dict[tuple[int, int, str], bytes] = {}
        self._away: Counter[int] = Counter()
        self._counted = {
            int(kind): metrics.TURNED_AWAY.labels(service, str(int(kind)))
            for kind in (Kind.TOO_MANY, Kind.UNAVAILABLE)
        }
        self._say_at = 0.0
        self._left = AT_ONCE
        self._put_off: deque[Callable[[], None]] = deque()
        self._turn: asyncio.TimerHandle | None = None

    def refusal(
        self, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> bytes | None:
        """The whole answer to somebody who may not come in now; None for everybody else.

        What has no small body that simply comes is left to whoever reads bodies.
        """
        error = self._wrong(method, headers)
        if error is None or target.partition(b"?")[0].decode("latin-1") in PUBLIC:
            return None
        named = dict(headers)
        if method == "HEAD" or not _is_small(named):
            return None
        self._note(int(error.kind))
        return self._words(error, language_of(named.get(b"accept-language", b"").decode("latin-1")))

    def say(self, words: Callable[[], None]) -> bool:
        """Whether a refusal is said now; else `words` will say it."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_later(TURN_S, self._go_on)
        if self._left:
            self._left -= 1
            words()
            return True
        self._put_off.append(words)
        return False

    def _go_on(self) -> None:
        waiting = self._put_off
        self._turn, self._left = None, AT_ONCE
        if not waiting:
            return
        self._turn = asyncio.get_running_loop().call_later(TURN_S, self._go_on)
        for _ in range(min(len(waiting), max(AT_ONCE, int(len(waiting) * SHARE)))):
            waiting.popleft()()
        self._left = 0 if waiting else AT_ONCE

    def _wrong(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> DomainError | None:
        full = not self._admission.admits(method)
        if self._rates is not None and self._rates.any_held:
            shown = next((value for name, value in headers if name == b"authorization"), b"")
            if wait_s := self._rates.held_s(shown, full=full):
                return too_many(wait_s)
        return BUSY if full else None

    def _words(self, error: DomainError, lang: str) -> bytes:
        status = int(error.kind)
        name = (status, error.retry_after_s or 0, lang)
        if name not in self._said:
            if len(self._said) >= WORDS_MOST:
                self._said.clear()
            answer = problem(error, lang)
            head = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
            lines = b"".join(b"%b: %b\r\n" % line for line in answer.raw_headers)
            self._said[name] = head + lines + b"\r\n" + bytes(answer.body)
        return self._said[name]

    def _note(self, status: int) -> None:
        self._away[status] += 1
        self._counted[status].inc()
        now_s = time.monotonic()
        if now_s >= self._say_at:
            log.warning("turned_away", **{f"status_{one}": n for one, n in self._away.items()})
            self._away.clear()
            self._say_at = now_s + SAY_S


def _is_small(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"0")
    comes = b"transfer-encoding" not in headers and b"expect" not in headers
    return comes and length.isdigit() and int(length[:9]) <= SMALL_BODY
