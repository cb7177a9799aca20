"""The grid tree: codes agree with levels and parents, dates with parents, successors with dates.

6 + 3 + 3 + 3 digits: district, subdistrict, community, grid (GB/T 30428.1). Compounds and buildings are
both grids of 15 digits and share the 12 of their community. A level may be left out where a city has
none there (product.md section 7), never jumped over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from contracts.directory import AreaLevel
from services.router.directory.faults import Fault
from services.router.publishing.inspection import Inspection

DEPTH: Final = {level: depth for depth, level in enumerate(AreaLevel, 1)}
DIGITS: Final = {1: 6, 2: 9, 3: 12, 4: 15, 5: 15}
"""Length of a code by depth of its level."""
COMMUNITY_DIGITS: Final = 12
_COMMUNITY, _BUILDING = 3, 5
_ZH: Final = {1: "区县", 2: "街道", 3: "社区", 4: "小区", 5: "楼宇"}


def check_areas(seen: Inspection) -> Iterator[Fault]:
    """Every fault of areas.csv by itself."""
    tree = _Tree(seen)
    for number in range(len(tree.codes)):
        yield from tree.digits(number)
        yield from tree.parent(number)
        yield from tree.dates(number)
        if tree.successors[number]:
            yield from tree.succession(number)
    yield from tree.jumps()
    yield from tree.namesakes()


class _Tree:
    """Columns of areas.csv side by side."""

    def __init__(self, seen: Inspection) -> None:
        self._known = seen.codes("areas")
        self._index = seen.index("areas")
        self._table = table = seen.table("areas")
        self.codes = table.keys
        self._parents = table.column("parent")
        self._depths = [DEPTH[level] for level in table.column("level")]
        self._names = table.column("name")
        self._from = table.column("valid_from")
        self._to = table.column("valid_to")
        self.successors = table.column("successors")
        self._levels_below: dict[str, set[int]] = defaultdict(set)
        self._jumping: list[int] = []

    def digits(self, n: int) -> Iterator[Fault]:
        depth = self._depths[n]
        if len(self.codes[n]) != DIGITS[depth]:
            want = f"{_ZH[depth]}的代码应为 {DIGITS[depth]} 位 / a {_EN[depth]} has {DIGITS[depth]} digits"
            yield self._fault(n, "code", want, "code-digits")

    def parent(self, n: int) -> Iterator[Fault]:
        """One level above, known, and at the beginning of the code."""
        parent, depth = self._parents[n], self._depths[n]
        if parent is None:
            if depth > 1:
                yield self._fault(n, "parent", "缺少上级代码 / needs a parent", "no-parent")
            return
        if depth == 1:
            yield self._fault(
                n, "parent", "区县没有上级，请留空 / a district has no parent", "parent-level"
            )
            return
        above = self._index.get(parent)
        if above is None:
            if parent not in self._known:
                yield self._fault(n, "parent", self._known.remedy(parent), "unknown-code")
            return
        self._levels_below[parent].add(depth)
        over = self._depths[above]
        if over >= depth:
            want = f"{_ZH[over]} {parent} 不能是{_ZH[depth]}的上级 / a {_EN[over]} is not above a {_EN[depth]}"
            yield self._fault(n, "parent", want, "parent-level")
        elif not self.codes[n].startswith(parent[:COMMUNITY_DIGITS]):
            stem = parent[:COMMUNITY_DIGITS]
            want = f"代码应以上级的 {stem} 开头，请核对 / must begin with its parent's {stem}"
            yield self._fault(n, "code", want, "code-prefix")
        elif (
            len(self.codes[n]) == DIGITS[depth]
            and depth - over > 1
            and (over, depth) != (_COMMUNITY, _BUILDING)
        ):
            self._jumping.append(n)

    def jumps(self) -> Iterator[Fault]:
        """A level left out under a parent that has areas of that level."""
        for n in self._jumping:
            parent, depth = self._parents[n], self._depths[n]
            over = self._depths[self._index[parent]]
            passed = [d for d in range(over + 1, depth) if d in self._levels_below[parent]]
            if passed:
                want = (
                    f"{parent} 下有{_ZH[passed[-1]]}，上级应写到{_ZH[passed[-1]]} / {parent} has areas of "
                    f"the level {_EN[passed[-1]]}; name one of them"
                )
                yield self._fault(n, "parent", want, "level-jumped")

    def dates(self, n: int) -> Iterator[Fault]:
        begins, ends = self._from[n], self._to[n]
        if begins and ends and begins >= ends:
            want = f"应晚于 valid_from {begins} / must be after valid_from {begins}"
            yield self._fault(n, "valid_to", want, "dates")
        above = self._index.get(self._parents[n] or "")
        over = self._to[above] if above is not None else None
        if over and (ends is None or ends > over):
            want = (
                f"上级 {self._parents[n]} 到 {over} 为止，请改上级或 valid_to / its parent ends on {over}; "
                "move it or end it"
            )
            yield self._fault(n, "valid_to", want, "outlives-parent")

    def succession(self, n: int) -> Iterator[Fault]:
        """Successors are only of an area that ends, exist by then, and never lead back."""
        ends = self._to[n]
        if ends is None:
            want = "有 successors 就要有 valid_to / an area with successors needs valid_to"
            yield self._fault(n, "valid_to", want, "successors")
        for code in self.successors[n]:
            heir = self._index.get(code)
            if heir is None:
                if code not in self._known:
                    yield self._fault(n, "successors", self._known.remedy(code), "unknown-code")
            elif ends and not self._there(heir, ends):
                want = f"{code} 在 {ends} 时不在用，请核对日期 / {code} is not in force on {ends}"
                yield self._fault(n, "successors", want, "successors")
        if self._leads_back(n):
            want = "接续关系成环，请改 successors / its successors lead back to it"
            yield self._fault(n, "successors", want, "cycle")

    def _there(self, n: int, day: date) -> bool:
        begins, ends = self._from[n], self._to[n]
        return (begins is None or begins <= day) and (ends is None or day < ends)

    def _leads_back(self, n: int) -> bool:
        seen: set[str] = set()
        ahead = list(self.successors[n])
        while ahead:
            code = ahead.pop()
            if code == self.codes[n]:
                return True
            if code not in seen and code in self._index:
                seen.add(code)
                ahead += self.successors[self._index[code]]
        return False

    def namesakes(self) -> Iterator[Fault]:
        """Two of one name under one parent cannot be told apart by what people say."""
        once: set[int] = set()
        twice: set[tuple[Any, str]] = set()
        for n, key in enumerate(zip(self._parents, self._names, strict=True)):
            if self._to[n] is None:
                if hash(key) in once:
                    twice.add(key)
                once.add(hash(key))
        first: dict[tuple[Any, str], int] = {}
        for n, key in enumerate(zip(self._parents, self._names, strict=True)) if twice else ():
            if key in twice and self._to[n] is None and first.setdefault(key, n) != n:
                zh, en = self._table.named(first[key])
                want = f"与{zh}同名同上级，听名字分不清 / same name and parent as {en}"
                yield self._table.warning(n, "name", want, "namesake")

    def _fault(self, n: int, field: str, remedy: str, kind: str) -> Fault:
        return self._table.fault(n, field, remedy, kind)


_EN: Final = {depth: level.value for level, depth in DEPTH.items()}
