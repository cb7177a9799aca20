"""Lines of a streamed NDJSON answer, split at newlines alone: words may hold U+2028, which httpx would split at."""

from __future__ import annotations

from collections.abc import Iterator

import httpx


def lines(response: httpx.Response) -> Iterator[bytes]:
    """Whole lines that hold something; what stands behind the last newline is torn and not given."""
    rest = b""
    for chunk in response.iter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
