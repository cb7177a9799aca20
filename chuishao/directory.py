"""The few facts `up` itself needs from the city's directory; the router checks and loads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.router.directory.files import Tables

SAMPLE: Final = Path(__file__).parent / "sample"
SAMPLE_DIRECTORY: Final = SAMPLE / "directory"


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """A unit: its code, and whether it has a NATS account of its own."""

    code: str
    nats: bool


@dataclass(frozen=True, slots=True)
class ReaderEntry:
    """A reader that is no unit (command hall, dashboard) and the area it follows."""

    code: str
    area: str


@dataclass(frozen=True, slots=True)
class PostEntry:
    """A post: which unit, in which role, held by which person (staff id)."""

    unit: str
    role: str
    person: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Who there is: the part of a directory that accounts and sign-ins are made from."""

    units: tuple[UnitEntry, ...]
    readers: tuple[ReaderEntry, ...]
    posts: tuple[PostEntry, ...]

    @property
    def nats_units(self) -> tuple[str, ...]:
        """Codes of the units with a NATS account."""
        return tuple(unit.code for unit in self.units if unit.nats)


class DirectoryRefusedError(RuntimeError):
    """A directory folder has mistakes in it; the message lists every one with its place."""


def read_roster(folder: Path) -> Roster:
    """Read a directory folder; raises DirectoryRefusedError naming each fault."""
    tables = _tables(folder)
    return Roster(
        units=tuple(UnitEntry(unit.code, unit.nats) for unit in tables["units"]),
        readers=tuple(ReaderEntry(reader.code, reader.area) for reader in tables["readers"]),
        posts=tuple(PostEntry(post.unit, post.role, post.person) for post in tables["posts"]),
    )


def _tables(folder: Path) -> Tables:
    """Read with the router's own strict reader."""
    from services.router.directory.files import BadDirectoryError, read

    try:
        return read(folder)
    except BadDirectoryError as error:
        raise DirectoryRefusedError("\n".join(str(fault) for fault in error.faults)) from None
