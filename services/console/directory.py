"""What the console needs of the city's directory: who stands for what, and what codes are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kit.aside import in_pieces
from kit.errors import DomainError, Kind
from kit.staff import Staff
from services.console.atlas.atlas import Atlas
from services.console.finding.index import Index

PARTS: Final = ("units", "posts", "areas", "categories", "outlines")


@dataclass(frozen=True, slots=True)
class Directory:
    """One version; swapped in whole."""

    version: int
    staff: Staff
    units: Index
    areas: Index
    categories: Index
    atlas: Atlas

    @classmethod
    def of(cls, version: int, parts: Mapping[str, Iterable[Mapping[str, Any]]]) -> Directory:
        """From the rows of the parts as the router publishes them."""
        units = list(parts["units"])
        areas = Index(parts["areas"])
        return cls(
            version,
            Staff.of(parts["posts"], units),
            Index(units),
            areas,
            Index(parts["categories"]),
            Atlas.of(areas, parts["outlines"]),
        )

    def pieces(self) -> list[Any]:
        """What there is much of, for `kit.aside.let_go`."""
        tables = [self.staff.posts, self.staff.units, self.units.entries, self.areas.entries]
        return [*in_pieces(tables), *self.atlas.pieces()]


class Holder:
    """The version in use; none until the first arrives."""

    def __init__(self) -> None:
        self._directory: Directory | None = None

    def use(self, directory: Directory) -> None:
        """Switch to a version that is built."""
        self._directory = directory

    @property
    def directory(self) -> Directory:
        """Raises DomainError 503 before the first version."""
        if self._directory is None:
            raise DomainError(
                "no-directory",
                Kind.UNAVAILABLE,
                zh="区划目录尚未加载，请稍后重试。",
                en="The directory is not loaded yet; try again shortly.",
                retry_after_s=1,
            )
        return self._directory
