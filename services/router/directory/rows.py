"""Rows of a directory file, kept by column: a million of them in little room, each made when it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

from contracts.limits import Row

R = TypeVar("R", bound=Row)


class Rows(Sequence[R], Generic[R]):
    """A sequence of rows of one model whose cells have been validated.

    A row is built anew each time it is looked at (about 3 µs); who needs one field of all rows takes
    `column`. Some 150 bytes a row of areas.csv, where a list of models takes ten times as much.
    """

    def __init__(self, model: type[R]) -> None:
        self.model = model
        self.columns: dict[str, list[Any]] = {}
        self.lines = array("I")
        """The line each row ends on, as an editor counts."""
        self.files: list[tuple[int, str]] = []
        """(first row, file name), in order: a part may be read from several files."""

    def add(self, file: str, columns: dict[str, list[Any]], lines: Sequence[int]) -> None:
        """Append rows of a file; columns it does not have get their default."""
        before = len(self)
        if lines and (not self.files or self.files[-1][1] != file):
            self.files.append((before, file))
        for name, field in self.model.model_fields.items():
            kept = self.columns.get(name)
            if kept is None and name in columns:
                kept = self.columns[name] = [field.get_default()] * before
            if kept is not None:
                kept += columns.get(name) or [field.get_default()] * len(lines)
        self.lines.extend(lines)

    def column(self, name: str) -> Sequence[Any]:
        """One field of every row."""
        found = self.columns.get(name)
        if found is None:
            return [self.model.model_fields[name].get_default()] * len(self)
        return found

    def records(self) -> Iterator[dict[str, Any]]:
        """Each row by column, without making a model of it."""
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def place(self, number: int) -> tuple[str, int]:
        """File and line of a row by its number from 0."""
        file = next((name for first, name in reversed(self.files) if first <= number), "")
        return file, self.lines[number]

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...
    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._made([kept[index] for kept in self.columns.values()])

    def __iter__(self) -> Iterator[R]:
        for values in zip(*self.columns.values(), strict=True):
            yield self._made(values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # like a list, compared by what it holds

    def _made(self, values: Sequence[Any]) -> R:
        return self.model.model_validate(dict(zip(self.columns, values, strict=True)))


class Listed(list[R], Generic[R]):
    """Rows of a file that is no table, each with its line."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.lines: list[int] = []

    def place(self, number: int) -> tuple[str, int]:
        """File and line of a row by its number from 0."""
        return self.file, self.lines[number]


def records(rows: Sequence[R]) -> Iterator[Mapping[str, Any]]:
    """Each row by column, whichever way a part is kept."""
    return rows.records() if isinstance(rows, Rows) else map(vars, rows)
