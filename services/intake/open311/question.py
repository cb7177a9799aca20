"""What partners ask for: which requests or updates, of which time, which page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.validation import wrong_field

SPAN: Final = timedelta(days=90)
"""The longest range, and the one without dates (GeoReport v2, GET Service Requests)."""
UPDATES_SPAN: Final = timedelta(days=1)
"""How far back updates go without a start."""
MOST: Final = 1_000
MOST_PAGES: Final = 100
STATUSES: Final = frozenset({"open", "closed"})


@dataclass(frozen=True, slots=True)
class Range:
    """From, to (both inclusive), and which page of how many."""

    start: datetime
    end: datetime
    page: int
    size: int

    @property
    def skip(self) -> int:
        """How many come before this page."""
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Question:
    """`GET requests`; empty sets mean any."""

    numbers: tuple[str, ...]
    """Given, they override all other arguments."""
    codes: tuple[str, ...]
    statuses: frozenset[str]
    within: Range


def question(given: Mapping[str, str], now: datetime) -> Question:
    """Read the query of `GET requests`. Raises DomainError 422."""
    statuses = frozenset(one.lower() for one in _list(given, "status"))
    if not statuses <= STATUSES:
        raise wrong_field("status", zh="应为 open 或 closed", en="must be open or closed")
    return Question(
        numbers=_list(given, "service_request_id"),
        codes=_list(given, "service_code"),
        statuses=statuses,
        within=range_of(given, now, SPAN),
    )


def range_of(given: Mapping[str, str], now: datetime, default: timedelta) -> Range:
    """The range of time, `default` long where only one end or none is given. Raises DomainError 422."""
    start, end = _time(given, "start_date"), _time(given, "end_date")
    if end is None:
        end = now if start is None else min(now, start + SPAN)
    if start is None:
        start = end - default
    if start > end:
        if given.get("end_date"):
            raise wrong_field(
                "end_date", zh="不能早于 start_date", en="must not be before start_date"
            )
        end = start
    if end - start > SPAN:
        raise wrong_field(
            "end_date",
            zh=f"与 start_date 相隔不能超过 {SPAN.days} 天",
            en=f"must be within {SPAN.days} days of start_date",
        )
    return Range(start, end, _number(given, "page", 1, MOST_PAGES), _size(given))


def _size(given: Mapping[str, str]) -> int:
    return _number(given, "page_size", MOST, MOST)


def _list(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(
        dict.fromkeys(one.strip() for one in given.get(name, "").split(",") if one.strip())
    )
    if not all(one.isprintable() for one in found):
        raise wrong_field(name, zh="含有不可见字符", en="holds characters that cannot be printed")
    if len(found) > MOST:
        raise wrong_field(name, zh=f"最多 {MOST} 个", en=f"at most {MOST}")
    return found


def _time(given: Mapping[str, str], name: str) -> datetime | None:
    said = given.get(name, "").strip()
    if not said:
        return None
    try:
        # In a query an unescaped + has become a space.
        found = datetime.fromisoformat(said.replace(" ", "+") if "T" in said else said)
        if found.tzinfo is not None and 1 < found.year < 9999:  # noqa: PLR2004 - room to add a span
            return found
    except ValueError:
        pass
    raise wrong_field(
        name,
        zh="应为带时区的时间，如 2026-03-02T09:00:00Z",
        en="must be a W3C time with offset, like 2026-03-02T09:00:00Z",
    )


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    said = given.get(name, "").strip()
    if not said:
        return default
    if said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= most:  # noqa: PLR2004
        return int(said)
    raise wrong_field(name, zh=f"应为 1 至 {most} 的整数", en=f"must be from 1 to {most}")
