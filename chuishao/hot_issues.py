"""Hot issues in a file of messages: `chuishao hot-issues FILE`. Nothing has to be running."""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TextIO

from kit.city_time import CITY_TIME
from services.router.issues.issue_clusters import Cluster, clusters
from services.router.issues.issue_heat import burst, heat
from services.router.issues.issue_names import names

_NEEDED: Final = ("id", "text", "time")
_KNOWN: Final = (*_NEEDED, "title", "likes", "dislikes", "user")
_FORMS: Final = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")
_TITLE: Final = 30
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=CITY_TIME)

Progress = Callable[[str, int, int], None]
Refuse = Callable[[str], None]


class UnreadableFileError(ValueError):
    """The whole file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the file."""

    ident: str
    title: str
    text: str
    at: datetime
    likes: int
    """Likes less dislikes, at least 0."""
    user: str
    """Who wrote it; the line's own id where the file does not say."""

    @property
    def days(self) -> float:
        """When, in days."""
        return (self.at - _EPOCH) / _DAY


def find(path: Path, *, top: int | None, progress: Progress, refuse: Refuse) -> dict[str, Any]:
    """The clusters of a file, hottest first, with their places, times and member ids.

    `refuse` is called with one sentence for each line that cannot be used; the others count. Raises
    UnreadableFileError and OSError when the file as a whole cannot be read.
    """
    began = time.monotonic()
    refused: list[str] = []
    found = list(_read(path, refused))
    for sentence in refused:
        refuse(sentence)
    said = [(message.title, message.text) for message in found]
    grouped = clusters(said, [message.days for message in found], progress)
    rows = [_row(cluster, found) for cluster in grouped]
    rows.sort(key=lambda row: (-row["heat"], row["ids"]))
    shown = [{"rank": rank, **row} for rank, row in enumerate(rows[:top], 1)]
    return {
        "clusters": shown,
        "n": len(found),
        "refused": len(refused),
        "seconds": round(time.monotonic() - began, 1),
    }


def _row(cluster: Cluster, found: list[Message]) -> dict[str, Any]:
    members = [found[index] for index in cluster.members]
    first: dict[str, float] = {}
    for member in members:
        first.setdefault(member.user, member.days)
    likes = sum(member.likes for member in members)
    middle = found[cluster.middle]
    hot = heat(len(first), likes, burst(list(first.values())), cluster.likeness)
    return {
        "heat": round(hot, 2),
        "count": len(members),
        "people": len(first),
        "likes": likes,
        "from": members[0].at.isoformat(),
        "to": members[-1].at.isoformat(),
        "title": middle.title,
        "places": names([(member.title, member.text) for member in members]),
        "ids": [member.ident for member in members],
    }


def _read(path: Path, refused: list[str]) -> Iterator[Message]:
    seen: set[str] = set()
    try:
        with _open(path) as file:
            rows = csv.DictReader(file)
            _check_header(rows.fieldnames or ())
            for row in rows:
                message = _message(row)
                if isinstance(message, Message) and message.ident in seen:
                    message = _wrong(
                        "id", "编号重复，每行要有自己的编号", "comes twice; give each its own"
                    )
                if isinstance(message, Message):
                    seen.add(message.ident)
                    yield message
                else:
                    refused.append(f"第 {rows.line_num} 行 / line {rows.line_num}: {message}")
    except UnicodeDecodeError:
        raise UnreadableFileError(
            f"{path}: 不是 UTF-8，请另存为 UTF-8 的 CSV / not UTF-8; save it as CSV in UTF-8"
        ) from None
    except (csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise UnreadableFileError(
            f"{path}: 不是 CSV 或 .csv.gz ({error}) / neither CSV nor .csv.gz"
        ) from None


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _check_header(columns: Any) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise UnreadableFileError(
            f"缺少列 {', '.join(missing)}；需要 id、title、text、time，可有 likes、dislikes、user / "
            f"missing columns: {', '.join(missing)}; the first line has to name id, title, text, time "
            "and may name likes, dislikes, user"
        )


def _message(row: dict[str, str | None]) -> Message | str:
    """The line, or the sentence that refuses it."""
    value = {name: (row.get(name) or "").strip() for name in _KNOWN}
    if None in row:
        return _wrong(
            "text", "列比表头多，请给含逗号的内容加引号", "more cells than columns; quote commas"
        )
    if not value["id"]:
        return _wrong("id", "为空，请填写编号", "is empty; give the line an id")
    if not (value["title"] or value["text"]):
        return _wrong(
            "text", "标题和内容都为空，请填写", "and title are empty; say what it is about"
        )
    at = _time(value["time"])
    if at is None:
        return _wrong("time", "请写成 2026-11-23 09:30:00", "write it like 2026-11-23 09:30:00")
    likes = [_count(value[name]) for name in ("likes", "dislikes")]
    if None in likes:
        return _wrong("likes", "请写非负整数或留空", "is a whole number from 0, or empty")
    liked, disliked = (count or 0 for count in likes)
    title = value["title"] or value["text"][:_TITLE]
    user = value["user"] or f"id:{value['id']}"
    return Message(value["id"], title, value["text"], at, max(0, liked - disliked), user)


def _wrong(field: str, zh: str, en: str) -> str:
    return f"{field}: {zh} / {en}"


def _time(text: str) -> datetime | None:
    """A moment, in city time where no offset is given."""
    for read in (datetime.fromisoformat, *(_by(form) for form in _FORMS)):
        try:
            at = read(text)
        except ValueError:
            continue
        return at if at.tzinfo else at.replace(tzinfo=CITY_TIME)
    return None


def _by(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - city time is put on after


def _count(text: str) -> int | None:
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
