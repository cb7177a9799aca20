"""What changed, topic by topic, encoded once for all who follow (docs/adr/0047). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from services.console.projection import topics
from services.console.projection.rows import Row

INBOX: Final = "inbox."


class Frame(NamedTuple):
    """A numbered batch of changes of one chain; `prev` is the number of its frame before, 0: none."""

    seq: int
    chain: str
    prev: int
    body: bytes


@dataclass(slots=True)
class Changes:
    """What a turn of the projector changed, by chain, in order."""

    by_chain: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def row(self, before: Row | None, after: Row | None, said: Sequence[str] = ()) -> None:
        """A row that is shown anew, otherwise, elsewhere or no more."""
        old, new = chains(before), chains(after)
        if after is not None:
            plain, worded = encoded(after, said)
            for name in sorted(new):
                self.by_chain[name].append(worded if name.startswith(INBOX) else plain)
        gone = before or after
        if gone is not None and old - new:
            bare = _event(gone.kind, gone.ident, None, said)
            for name in sorted(old - new):
                self.by_chain[name].append(bare)

    def plain(self, topic: str, kind: str, ident: str, body: Mapping[str, Any]) -> None:
        """Something that is no row about a matter."""
        self.by_chain[topic].append(_event(kind, ident, body, ()))

    def frames(self, last: Mapping[str, int], seq: int, now: datetime) -> list[Frame]:
        """Numbered from `seq` + 1 on; `last` is the number of the newest frame of each chain."""
        found = []
        for seq, (name, events) in enumerate(sorted(self.by_chain.items()), seq + 1):  # noqa: B020, PLR1704
            prev = last.get(name, 0)
            told = {"topic": name, "prev": prev, "seq": seq, "now": now, "events": events}
            found.append(Frame(seq, name, prev, orjson.dumps(told)))
        return found


def chains(row: Row | None) -> set[str]:
    """Under which names a row goes out."""
    return {topics.chain(name, row.kept_from) for name in row.topics} if row else set()


def encoded(row: Row, said: Sequence[str]) -> tuple[orjson.Fragment, orjson.Fragment]:
    """The event of a row without and with its words."""
    plain = _event(row.kind, row.ident, row.body, said)
    if row.words is None:
        return plain, plain
    return plain, _event(row.kind, row.ident, row.body | row.words, said)


def _event(
    kind: str, ident: str, body: Mapping[str, Any] | None, said: Iterable[str]
) -> orjson.Fragment:
    event = {"kind": kind, "id": ident, "row": body, "said": list(said)}
    return orjson.Fragment(orjson.dumps(event))
