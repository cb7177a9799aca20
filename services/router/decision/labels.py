"""Names for codes, as people of the city say them; a code the directory has dropped says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.directory import UnitKind
from services.router.directory.directory import Directory

ROLES: Final = {
    "specialist": ("服务专员", "service specialist"),
    "liaison": ("联络员", "liaison"),
    "desk": ("综合窗口", "general desk"),
    "leader": ("负责人", "leader"),
    "duty_lead": ("值班领导", "duty lead"),
    "member": ("工作人员", "member of staff"),
    "deputy": ("副职", "deputy head"),
    "secretary": ("书记", "secretary"),
    "dispatcher": ("派单员", "dispatcher"),
    "ruling": ("裁定员", "ruling officer"),
}
"""Role of a post, Chinese and English."""
_GRID_ROLES: Final = {
    "leader": ("网格长", "grid leader"),
    "member": ("网格员", "grid member"),
}
_UP_TO: Final = 2
"""How many levels above a compound or building are said: the community tells everybody where it is."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What codes of one directory version are called."""

    directory: Directory
    english: bool = False

    def unit(self, code: str) -> str:
        """A unit's name."""
        known = self.directory.units.get(code)
        return known.name if known else self._gone(code)

    def area(self, code: str) -> str:
        """An area with the two above it: 前黄屯社区金桂名邸3号楼; names are Chinese in any language."""
        chain = self.directory.chains.get(code, ())
        parts = [self.directory.areas.name(one) for one in chain[: _UP_TO + 1]]
        return "".join(reversed(parts)) or self._gone(code)

    def category(self, code: str) -> str:
        """A category with the one above it: 物业管理·电梯故障."""
        line = self.directory.lines.get(code, ())
        parts = [self.directory.categories[one].name for one in line[:-1]]
        return "·".join(reversed(parts)) or self._gone(code)

    def post(self, code: str, within: str) -> str:
        """A post by its role, never by who holds it; with its unit unless that is `within`."""
        known = self.directory.roster.posts.get(code)
        if known is None:
            return self._gone(code)
        if known.unit == within:
            return self._role(known.unit, known.role)
        return self.role(known.unit, known.role)

    def role(self, unit: str, role: str) -> str:
        """Unit and role: 天桥供电服务中心服务专员."""
        between = ", " if self.english else ""
        return f"{self.unit(unit)}{between}{self._role(unit, role)}"

    def _role(self, unit: str, role: str) -> str:
        known = self.directory.units.get(unit)
        grid = known is not None and known.kind is UnitKind.GRID_TEAM
        table = ROLES | _GRID_ROLES if grid else ROLES
        return table.get(role, (role, role))[self.english]

    def _gone(self, code: str) -> str:
        return f"{code} (no longer in the directory)" if self.english else f"{code}（已不在目录中）"
