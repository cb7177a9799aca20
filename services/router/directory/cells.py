"""What the cells of one column mean: every distinct cell is judged once, by the type of its field.

The judge is pydantic, asked for a field instead of a row, so what is accepted is what the row's model
accepts; a city's million buildings share a few hundred levels, dates and names.
"""

from __future__ import annotations

import types
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from services.router.directory.wording import remedy

LIST_MARK: Final = "|"
SHIFT_MARK: Final = ";"
YES: Final = {"yes": True, "no": False}
KNOWN_CELLS: Final = 200_000
"""Distinct cells of a column that are remembered; then it begins to forget."""
_CONTROL: Final = frozenset(map(chr, (*range(9), 11, 12, *range(14, 32), 127)))


class Bad:
    """A cell that is not what its column wants."""

    __slots__ = ("remedies",)

    def __init__(self, *remedies: str) -> None:
        self.remedies = remedies


class Cells(dict[str, Any]):
    """What each distinct cell of a column means."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__()
        self.any_bad = False
        self._list_mark = SHIFT_MARK if name == "shifts" else LIST_MARK
        self._is_list = _has(field.annotation, tuple)
        self._is_yes = field.annotation is bool
        self._required = field.is_required()
        self._default = field.get_default()
        judged: Any = field.annotation
        if field.metadata:
            judged = Annotated[judged, *field.metadata]
        self._judge: TypeAdapter[Any] = TypeAdapter(judged)

    def __missing__(self, cell: str) -> Any:
        if len(self) >= KNOWN_CELLS:
            self.clear()
        value = self[cell] = self._read(cell.strip())
        return value

    def _read(self, cell: str) -> Any:
        if not cell:
            return (
                self._bad("必填，请补上 / is missing; add it") if self._required else self._default
            )
        if not _CONTROL.isdisjoint(cell):
            return self._bad(
                "含有看不见的控制字符，请重新输入 / holds control characters; type it anew"
            )
        value: Any = cell
        if self._is_list:
            value = [item.strip() for item in cell.split(self._list_mark) if item.strip()]
        elif self._is_yes:
            value = YES.get(cell, cell)
        try:
            return self._judge.validate_python(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            return self._bad(*dict.fromkeys(remedy(item) for item in found))

    def _bad(self, *remedies: str) -> Bad:
        self.any_bad = True
        return Bad(*remedies)


def _has(annotation: Any, origin: type) -> bool:
    if isinstance(annotation, types.UnionType):
        return any(_has(item, origin) for item in get_args(annotation))
    return get_origin(annotation) is origin


def has_rules_of_its_own(model: type[BaseModel]) -> bool:
    """True for a model whose rows are judged by more than their fields: those cannot be read by column."""
    own = model.__pydantic_decorators__
    return bool(
        own.field_validators or own.model_validators or own.root_validators or own.validators
    )
