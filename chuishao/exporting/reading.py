"""What the services hand out: pages of tickets, and their events one after another."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from chuishao import ndjson
from chuishao.importing.body import moment

_PAGE: Final = 100
_TRIES: Final = 6
_TIMEOUT_S: Final = 60.0
_LATER: Final = frozenset({429, 500, 502, 503, 504})
_DAY: Final = len("2026-11-23")


class ExportError(RuntimeError):
    """A service does not answer or refuses; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Span:
    """From (inclusive) until (exclusive); None is open."""

    begin: datetime | None = None
    end: datetime | None = None

    def holds(self, text: str) -> bool:
        """True for an RFC 3339 time inside."""
        if self.begin is None and self.end is None:
            return True
        at = datetime.fromisoformat(text)
        return (self.begin is None or at >= self.begin) and (self.end is None or at < self.end)


def span(begin: str | None, end: str | None) -> Span:
    """Read `--from` and `--to`: a day of the city or a time; a last day counts in full. Raises ValueError."""
    try:
        first = datetime.fromisoformat(moment(begin)) if begin else None
        last = datetime.fromisoformat(moment(end)) if end else None
    except ValueError:
        raise ValueError(
            "--from、--to 应为 2026-11-23 或 2026-11-23T09:00 / must be a day or a time"
        ) from None
    if last is not None and end is not None and len(end.strip()) <= _DAY:
        last += timedelta(days=1)
    if first and last and first >= last:
        raise ValueError("--from 应早于 --to / --from must lie before --to")
    return Span(first, last)


class Reader:
    """Reads with one person's right; a moment's failure is tried again from where it stopped."""

    def __init__(
        self, client: httpx.Client, token: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh"}
        self._pause = pause

    def tickets(self, router: str, narrowed: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Every ticket that fits, newest first. Raises ExportError."""
        cursor: str | None = None
        while True:
            wanted = narrowed | {"limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
            page = self._page(f"{router}/v1/tickets", wanted)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def events(self, service: str, after: str) -> Iterator[tuple[str, bytes]]:
        """Cursor and line of every event of a service after a cursor, oldest first. Raises ExportError."""
        failed = 0
        while True:
            try:
                for cursor, line in self._stream(service, after):
                    after, failed = cursor, 0
                    yield cursor, line
            except (httpx.TransportError, _BusyError) as error:
                failed += 1
                self._again(failed, error)
            else:
                return

    def _stream(self, service: str, after: str) -> Iterator[tuple[str, bytes]]:
        with self._client.stream(
            "GET",
            f"{service}/v1/events",
            params={"after": after},
            headers=self._headers,
            timeout=_TIMEOUT_S,
        ) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise _refused(response)
            for line in ndjson.lines(response):
                yield json.loads(line)["cursor"], line

    def _page(self, url: str, wanted: dict[str, str]) -> dict[str, Any]:
        failed = 0
        while True:
            try:
                response = self._client.get(
                    url, params=wanted, headers=self._headers, timeout=_TIMEOUT_S
                )
                if response.status_code == httpx.codes.OK:
                    page: dict[str, Any] = response.json()
                    return page
                raise _refused(response)
            except (httpx.TransportError, _BusyError) as error:
                failed += 1
                self._again(failed, error)

    def _again(self, failed: int, error: Exception) -> None:
        if failed >= _TRIES:
            raise ExportError(
                f"服务没有答复，请稍后再试 / the service does not answer ({type(error).__name__})"
            ) from None
        self._pause(min(0.5 * 2**failed, 15.0))


class _BusyError(RuntimeError):
    """Worth trying again."""


def _refused(response: httpx.Response) -> RuntimeError:
    if response.status_code in _LATER:
        return _BusyError(str(response.status_code))
    return ExportError(
        "服务拒绝了请求，请核对条件和令牌 / the service refuses; check filters and token"
        f" ({response.status_code}: {response.text[:300]})"
    )
