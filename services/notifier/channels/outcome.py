"""What an answer over HTTP means for a message: taken, to be tried again, or never. Pure.

After the Standard Webhooks specification: 2xx is taken, everything else is not; 410 says that the receiver
is gone for good; redirects are not followed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from services.notifier.notices.channel import ChannelError

MOST_S: Final = 86_400.0
GONE: Final = "gone"
"""The reason of a 410: whoever sends switches the channel off (Standard Webhooks)."""
_REDIRECTS: Final = range(300, 400)
_TAKEN: Final = range(200, 300)
_NEVER: Final = frozenset({400, 405, 411, 413, 414, 415, 422, 431, 501})
"""The same request can never be taken. 401, 403 and 404 can: keys and addresses are mended by hand."""


def refusal(status: int, retry_after: str | None, now: datetime) -> ChannelError | None:
    """None for 2xx; else why it was not taken. `retry_after` is the header as it came."""
    if status in _TAKEN:
        return None
    if status in _REDIRECTS:
        return ChannelError("redirected", retryable=False)
    if status == 410:  # noqa: PLR2004 - Gone
        return ChannelError(GONE, retryable=False)
    wait = None if retry_after is None else wait_s(retry_after, now)
    return ChannelError(f"http_{status}", retryable=status not in _NEVER, retry_after_s=wait)


def wait_s(header: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (RFC 9110, 10.2.3); at most a day."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MOST_S)
