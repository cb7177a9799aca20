"""Who may blow, whom it may call, who signs (domain.md D6, C8, C12), and what each step must carry. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.complaint import Point
from contracts.directory import UnitKind
from contracts.terms import word
from contracts.whistle_command import Blowing, WhistleData
from kit.errors import DomainError, Kind
from kit.validation import unknown_code, wrong_field
from services.router.decision.conflict import TIES, conflicts, free_above
from services.router.directory.directory import Directory, holds
from services.router.ticket.seeing import Actor
from services.router.whistle.states import Act, By
from services.router.whistle.whistle import Whistle

BLOWERS: Final = frozenset({UnitKind.GRID_TEAM, UnitKind.COMMUNITY})
CALLABLE: Final = frozenset({UnitKind.DEPARTMENT, UnitKind.ENTERPRISE, UnitKind.PROPERTY})
"""Departments, and the enterprises and property companies that stand in the same row of duties."""
SIGNING: Final = frozenset({"duty_lead", "secretary", "deputy", "leader"})
"""Posts of the street office whose holder may be its duty leader."""
AHEAD: Final = timedelta(days=30)
"""How far ahead a meeting may lie."""

_LON: Final = (73.0, 136.0)
_LAT: Final = (3.0, 54.0)
"""Degrees; wider than the country, narrow enough that swapped coordinates are found."""

HEEDED: Final[Mapping[Act, frozenset[str]]] = {
    Act.ISSUE: frozenset(),
    Act.REFUSE: frozenset({"reason"}),
    Act.SEEN: frozenset({"unit"}),
    Act.CHECK_IN: frozenset({"unit", "person"}),
    Act.ARRIVE: frozenset({"unit", "point", "proof"}),
    Act.DONE: frozenset({"unit", "result", "proof"}),
    Act.DECLINE: frozenset({"unit", "reason"}),
    Act.EXCUSE: frozenset({"unit", "reason"}),
    Act.RESOLVE: frozenset({"result"}),
    Act.RATE: frozenset({"ratings"}),
    Act.CANCEL: frozenset({"reason"}),
}
"""Acts of people, each with the members of the data it heeds."""
NEEDED: Final[Mapping[Act, tuple[str, str, str]]] = {
    Act.REFUSE: ("reason", "请写明不准吹哨的理由", "say why it is refused"),
    Act.CHECK_IN: ("person", "请给出来的人的工号", "name who comes by staff id"),
    Act.DONE: ("result", "请写明做了什么", "say what was done"),
    Act.DECLINE: ("reason", "请写明不来的理由", "say why you do not come"),
    Act.EXCUSE: ("reason", "请写明准其不到的理由", "say why it is let go"),
    Act.RESOLVE: ("result", "请写明结果", "say how it ended"),
    Act.RATE: ("ratings", "请至少评一个单位", "rate at least one department"),
    Act.CANCEL: ("reason", "请写明取消的理由", "say why it is cancelled"),
}


def act_of(name: str, data: WhistleData) -> Act | None:
    """What a route's action means; None for what no person may do. `cancel` for one unit excuses it."""
    if name == Act.CANCEL and data.unit is not None:
        return Act.EXCUSE
    return next((act for act in HEEDED if act.value == name and act is not Act.EXCUSE), None)


def check_data(act: Act, data: WhistleData) -> None:
    """Refuse what a step does not heed, and ask for what it needs. Raises DomainError 422."""
    given = data.model_dump(exclude_defaults=True).keys() - {"whistle"}
    for name in sorted(given - HEEDED[act]):
        raise wrong_field(
            f"data.{name}",
            zh=f"“{word(f'step.{act}', 'zh-CN')}”不用此项，请删去",
            en=f'means nothing to "{word(f"step.{act}", "en")}"; remove it',
        )
    _check_point(data.point)
    needed = NEEDED.get(act)
    if needed is not None and needed[0] not in given:
        name, zh, en = needed
        raise wrong_field(f"data.{name}", zh=zh, en=en)


def _check_point(point: Point | None) -> None:
    if point is not None and not (
        _LON[0] <= point.lon <= _LON[1] and _LAT[0] <= point.lat <= _LAT[1]
    ):
        raise wrong_field(
            "data.point",
            zh="不在国内，请核对经纬度是否写反",
            en="lies outside the country; lon and lat may be swapped",
        )


def blower_of(directory: Directory, leads: Iterable[str], wanted: str | None) -> str:
    """The grid team or community that blows, of those a person leads. Raises DomainError 403, 422."""
    found = sorted(u for u in leads if u in directory.units and directory.units[u].kind in BLOWERS)
    if not found:
        raise DomainError(
            "forbidden",
            Kind.FORBIDDEN,
            zh="吹哨由社区或网格的负责人发起；您在这些单位没有负责岗位。",
            en="Whistles are blown by who leads a community or grid team; you lead none.",
        )
    if wanted is None and len(found) == 1:
        return found[0]
    if wanted not in found:
        hint = ", ".join(found)
        raise wrong_field(
            "unit", zh=f"请写明以哪个单位吹哨：{hint}", en=f"say for which unit you blow: {hint}"
        )
    return wanted


@dataclass(frozen=True, slots=True)
class Matter:
    """What a whistle is about, as far as calling is concerned."""

    area: str
    accused: frozenset[str]
    """Parties complained about in the ticket and those merged into it."""


def office_of(
    directory: Directory, blower: str, matter: Matter, at: datetime, *, unsigned: bool
) -> str:
    """The street office that signs, or the nearest above it that the matter is not about. Raises 409.

    Where the area does not say, it is looked for above the blower. An emergency waits for nobody's
    signature (`unsigned`): where all offices are tied to the accused the blower stands in.
    """
    office, seen = _office(directory, matter.area, blower), set[str]()
    while office is not None and (party := _tied(directory, office, matter, at)):
        seen.add(office)
        office = free_above(directory, office, party, matter.area, at)
        office = None if office in seen else office
    if office is not None or unsigned:
        return office or blower
    raise DomainError(
        "no-office",
        Kind.CONFLICT,
        field="area",
        zh="目录里没有能签批这次吹哨、又不须回避的街道或上级，请联系目录管理员。",
        en="The directory has no street office that could sign and is not tied to the party complained"
        " about, nor one above it; tell who keeps it.",
    )


def _office(directory: Directory, area: str, blower: str) -> str | None:
    """The street office of the area, else the first above the blower."""
    found = directory.unit_covering(UnitKind.SUBDISTRICT, area)
    unit, seen = blower, {blower}
    while found is None and (unit := directory.units[unit].parent or "") in directory.units:
        if unit in seen:
            break
        seen.add(unit)
        if directory.units[unit].kind in (UnitKind.SUBDISTRICT, UnitKind.DISTRICT):
            found = unit
    return found


def _tied(directory: Directory, unit: str, matter: Matter, at: datetime) -> str | None:
    """The first party complained about to which a unit is tied."""
    parties = sorted(matter.accused)
    return next((p for p in parties if conflicts(directory, unit, p, matter.area, at)), None)


def signs(directory: Directory, office: str, person: str, at: datetime) -> bool:
    """True when a person is one of the leaders of the office today."""
    posts = directory.posts_of.get(office, ())
    return any(p.person == person and p.role in SIGNING and holds(p, at) for p in posts)


def check_called(
    directory: Directory, body: Blowing, blower: str, matter: Matter, at: datetime
) -> None:
    """Known departments, each once, none of them the matter is about. Raises DomainError 422."""
    units = [summons.unit for summons in body.units]
    may = {code for code, unit in directory.units.items() if unit.kind in CALLABLE}
    for n, unit in enumerate(units):
        field = f"units.{n}.unit"
        if unit not in directory.units:
            raise unknown_code(field, difflib.get_close_matches(unit, sorted(may), 3, 0.5))
        if unit not in may or unit == blower:
            raise wrong_field(
                field, zh="不是可以叫的部门", en="is no department that could be called"
            )
        if unit in units[:n]:
            raise wrong_field(field, zh="同一单位写了两次", en="is named twice")
        for accused in sorted(matter.accused):
            if tied := conflicts(directory, unit, accused, matter.area, at):
                zh, en = TIES[tied]
                raise wrong_field(field, zh=f"须回避：该单位{zh}", en=f"may not be called: it {en}")


def may(whistle: Whistle, by: By, directory: Directory, actor: Actor, at: datetime) -> bool:
    """True when a person may take a step of that kind; never the system's.

    The blower's steps, and so a whistle that nobody signs, are those of who leads the unit.
    """
    match by:
        case By.BLOWER:
            return whistle.blower in actor.leads
        case By.SIGNER:
            signing = signs(directory, whistle.office, actor.person, at)
            return signing and actor.person != whistle.person
        case By.CALLED:
            return whistle.issued_at is not None and bool(actor.units & whistle.units)
        case By.SYSTEM:
            return False


def check_person(directory: Directory, unit: str, person: str | None, at: datetime) -> None:
    """Who comes holds a post of the called department today. Raises DomainError 422."""
    if person is not None and unit not in directory.units_of(person, at):
        raise wrong_field(
            "data.person",
            zh=f"不是 {unit} 的在岗人员，请核对工号",
            en=f"holds no post in {unit} today",
        )


def called_unit(whistle: Whistle, units: frozenset[str], wanted: str | None) -> str:
    """For which called department a person acts. Raises DomainError 422."""
    own = sorted(units & whistle.units)
    if wanted is None and len(own) == 1:
        return own[0]
    if wanted not in own:
        hint = ", ".join(own)
        raise wrong_field(
            "data.unit", zh=f"请写明以哪个单位：{hint}", en=f"say for which unit: {hint}"
        )
    return wanted
