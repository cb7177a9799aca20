"""A database in memory that the services' own verbs run on: tables, transactions, and one answer a statement.

The port is the connection. A verb runs whole and unchanged; each `SQL_*` constant it hands over is answered
by one short function that mirrors the statement's rule (`answers`). What commits, commits whole; a simulated
kill rolls back.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import orjson

Answer: TypeAlias = "Callable[..., Sequence[Row] | None]"
ANSWERS: Final[dict[str, Answer]] = {}
"""By the statement's own text."""
TICK: Final = timedelta(microseconds=1)
"""How much later business time is each time it is read."""


class Killed(BaseException):
    """The process died here; nobody catches it but the one who starts processes."""


class Row(dict[str, Any]):
    """A row as the driver hands it out: by name, or all values in order."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values())

    def changed(self, **values: Any) -> Row:
        """Another row; rows that are stored are never written over, so that they can be given back."""
        return Row({**self, **values})


class Table(dict[Any, Row]):
    """Rows by primary key, each change noted while a transaction is open."""

    def __init__(self, journal: list[tuple[Table, Any, Row | None]]) -> None:
        super().__init__()
        self._journal = journal

    def put(self, key: Any, row: Row) -> None:
        """Insert or replace."""
        self._journal.append((self, key, self.get(key)))
        self[key] = row

    def add(self, key: Any, row: Row) -> bool:
        """Insert, on conflict do nothing; True when it was new."""
        if key in self:
            return False
        self.put(key, row)
        return True

    def drop(self, key: Any) -> None:
        """Delete, if there."""
        if key in self:
            self._journal.append((self, key, self[key]))
            del self[key]


class Store:
    """One service's schema: its tables, its business clock, and where its process is killed next."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        """Business time, which somebody may set wrong."""
        self.wall = self.now
        """`clock_timestamp()` of the server, which leases go by."""
        self.written = self.now
        """The same where it orders what is written: it never stands still."""
        self._read = timedelta()
        self._journal: list[tuple[Table, Any, Row | None]] = []
        self._tables: defaultdict[str, Table] = defaultdict(lambda: Table(self._journal))
        self._due: defaultdict[str, list[tuple[datetime, Any]]] = defaultdict(list)
        self.children: defaultdict[tuple[str, Any], list[Any]] = defaultdict(list)
        """Keys of rows by what they belong to: the index on a foreign key. May name rows that are gone."""
        self.kill_at: str | None = None
        """`commit`: before the next one, `committed`: right after it."""
        self.unreachable = 0
        """So many more connections are refused."""

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def keep(self, table: str, parent: Any, key: Any, row: Row) -> None:
        """Put a row that is looked up by its parent."""
        if key not in self._tables[table]:
            self.children[table, parent].append(key)
        self._tables[table].put(key, row)

    def of(self, table: str, parent: Any) -> list[Row]:
        """Rows that belong to a parent, in the order they came."""
        rows, keys = self._tables[table], dict.fromkeys(self.children[table, parent])
        return [rows[key] for key in keys if key in rows]

    def plan(self, table: str, key: Any, column: str, at: datetime | None) -> None:
        """An entry of the partial index on a time column; stale ones are skipped when they come up."""
        del column
        if at is not None:
            heapq.heappush(self._due[table], (at, key))

    def due(self, table: str, column: str, limit: int, ahead: timedelta = timedelta()) -> list[Row]:
        """Rows whose time column has come, or will have so much later, earliest first."""
        heap = self._due[table]
        found: dict[Any, Row] = {}
        while heap and heap[0][0] <= self.now + ahead and len(found) < limit:
            at, key = heapq.heappop(heap)
            row = self._tables[table].get(key)
            if row is not None and row[column] == at:
                found[key] = row
        for key, row in found.items():
            heapq.heappush(heap, (row[column], key))
        return list(found.values())

    def next_due(self) -> datetime | None:
        """When the tick has something to do at the earliest."""
        tops = [heap[0][0] for heap in self._due.values() if heap]
        return min(tops, default=None)

    def set_time(self, now: datetime, wall: datetime) -> None:
        """What the clocks show from now on; business time still never says the same twice."""
        self.now, self.wall = now + self._read, wall

    def business_now(self) -> datetime:
        """A microsecond later than the last time: two steps of a ticket never bear one time."""
        self._read += TICK
        self.now += TICK
        return self.now

    def mark(self) -> int:
        """A savepoint."""
        return len(self._journal)

    def back(self, mark: int) -> None:
        """Undo to a savepoint."""
        while len(self._journal) > mark:
            table, key, row = self._journal.pop()
            if row is None:
                table.pop(key, None)
            else:
                table[key] = row

    def commit(self) -> None:
        """Whatever happens now, it stays; the process may die just before or just after."""
        if self.kill_at == "commit":
            self.kill_at = None
            raise Killed
        self._journal.clear()
        if self.kill_at == "committed":
            self.kill_at = None
            raise Killed


class Connection:
    """What verbs take as a connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._depth = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """The outermost one commits; an inner one is a savepoint."""
        mark = self._store.mark()
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._store.commit()
        except BaseException:
            self._store.back(mark)
            raise
        finally:
            self._depth -= 1

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """Answer a statement. Raises KeyError for one nobody mirrors."""
        rows = ANSWERS[sql](self._store, *args)
        if not self._depth:
            self._store.commit()
        return list(rows or ())

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row."""
        return next(iter(await self.fetch(sql, *args)), None)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row."""
        row = await self.fetchrow(sql, *args)
        return None if row is None else next(iter(row))

    async def execute(self, sql: str, *args: Any) -> None:
        """Answer a statement whose rows nobody wants."""
        await self.fetch(sql, *args)


class Pool:
    """What verbs take as a pool."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @asynccontextmanager
    async def acquire(self, timeout: float) -> AsyncIterator[Connection]:  # noqa: ASYNC109 - asyncpg's own
        """Raises OSError while the database cannot be reached."""
        del timeout
        if self.store.unreachable:
            self.store.unreachable -= 1
            raise OSError
        yield Connection(self.store)


def answers(*statements: str) -> Callable[[Answer], Answer]:
    """The rule of these statements."""

    def note(answer: Answer) -> Answer:
        for sql in statements:
            ANSWERS[sql] = answer
        return answer

    return note


def outside(*statements: str) -> None:
    """Statements of parts that are not simulated: they find and change nothing."""
    for sql in statements:
        ANSWERS[sql] = lambda _store, *_args: ()


def copied(value: Any) -> Any:
    """What PostgreSQL does to jsonb: nobody shares a value with the table."""
    return orjson.loads(orjson.dumps(value))


def seconds(count: float) -> timedelta:
    """A time span."""
    return timedelta(seconds=count)
