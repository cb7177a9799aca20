"""What each column of a file means; a header that cannot be read says how to mend it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from chuishao.exporting.columns import OURS, TICKETS
from chuishao.importing.aliases import FIELDS, MEANING

IGNORE: Final = "-"
"""`--map COL=-`: a column that is left out."""
REJECT: Final = "reject_"
"""Columns of a reject file begin so; they are left out when the mended file is imported again."""
_NEEDED: Final = ("kind", "text")
_OF_TICKETS: Final = {"number": "external_id"}


class UnreadableFileError(ValueError):
    """The whole file cannot be imported; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The field of each column (None: left out), the header as it stands, and what every line has."""

    fields: tuple[str | None, ...]
    header: tuple[str, ...]
    constants: Mapping[str, str]

    @property
    def ignored(self) -> tuple[str, ...]:
        """Columns left out that a person might not expect to be."""
        pairs = zip(self.header, self.fields, strict=True)
        return tuple(name for name, field in pairs if field is None and not name.startswith(REJECT))


def read_header(
    header: Sequence[str], renamed: Mapping[str, str], constants: Mapping[str, str]
) -> Columns:
    """Give every column its field. `renamed` is `--map`, `constants` is `--set`.

    Raises UnreadableFileError for a column unknown, named twice, or lacking.
    """
    names = tuple(name.strip() for name in header)
    if not any(names):
        raise UnreadableFileError("文件是空的，没有表头 / the file is empty: it has no header")
    _only_known(renamed, names)
    ours = {"ticket_id", "number"} <= {OURS.get(name, name) for name in names}
    fields = tuple(_field(name, renamed, ours=ours) for name in names)
    for n, name in enumerate(names):
        if name in names[:n] or (fields[n] is not None and fields[n] in fields[:n]):
            first = names[fields.index(fields[n])] if fields[n] else name
            raise UnreadableFileError(
                f"列 {name} 与 {first} 是同一项，请只留一列，或用 --map {name}=- 略去其一"
                f" / columns {first} and {name} are the same field; keep one"
            )
    for field in _NEEDED:
        if field not in fields and field not in constants:
            raise UnreadableFileError(
                f"缺少列 {field}；请补上，或用 --map 列名={field}、--set {field}=值 指明"
                f" / column {field} is missing; add it, or name it by --map COL={field}"
            )
    return Columns(fields, names, constants)


def field_of(name: str) -> str:
    """The field a name means. Raises UnreadableFileError that names the nearest."""
    if name in MEANING:
        return MEANING[name]
    near = get_close_matches(name, MEANING, n=1, cutoff=0.5)
    if any(mark in name for mark in ";\t"):
        zh, en = "请用逗号分隔各列", "separate the columns by commas"
    elif near:
        zh, en = f"是否为 {near[0]}？", f"is it {near[0]}?"
    else:
        zh, en = f"可用的列：{'、'.join(FIELDS)}", f"known: {', '.join(FIELDS)}"
    shown = "".join(c if c.isprintable() else "?" for c in name) or "(空 blank)"
    raise UnreadableFileError(
        f"没有 {shown} 这一列，{zh} 用 --map 列名=字段 指明，或用 --map 列名=- 略去"
        f" / no such column: {shown}; {en}; --map COL=FIELD names it, --map COL=- leaves it out"
    )


def pairs(words: Sequence[str], flag: str) -> dict[str, str]:
    """Read `--map COL=FIELD` and `--set FIELD=VALUE` words. Raises ValueError for another form."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ValueError(f"{flag} 应写作 名=值 / {flag} is written NAME=VALUE, not {word!r}")
        found[name.strip()] = value.strip()
    return found


def _field(name: str, renamed: Mapping[str, str], *, ours: bool) -> str | None:
    if name in renamed:
        return None if renamed[name] == IGNORE else field_of(renamed[name])
    if name.startswith(REJECT):
        return None
    own = OURS.get(name, name)
    if ours and own in TICKETS and own not in FIELDS:
        return _OF_TICKETS.get(own)
    if ours and own == "attachments":
        return None
    return field_of(name)


def _only_known(renamed: Mapping[str, str], names: Sequence[str]) -> None:
    for name in renamed:
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"，是否为 {near[0]}？" if near else ""
            raise UnreadableFileError(
                f"--map：文件没有 {name} 这一列{hint} / --map: the file has no column {name}"
            )
