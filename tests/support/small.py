"""A made-up subdistrict small enough to hold in the head, for rules of the router."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.complaint import Channel, ComplaintReceived, Kind, Urgency
from contracts.directory import (
    Area,
    AreaLevel,
    CalendarDay,
    CatalogueEntry,
    Category,
    Place,
    Post,
    Reader,
    Unit,
    UnitKind,
)
from contracts.limits import LadderRule, Limits, Profile
from services.router.directory.directory import Directory, build
from services.router.directory.files import Tables

MONDAY: Final = datetime(2026, 11, 16, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

DISTRICT: Final = "370105"
STREET: Final = "370105001"
EAST: Final = "370105001008"
WEST: Final = "370105001009"
GARDEN: Final = "370105001008001"
GARDEN_3: Final = "370105001008101"
GARDEN_5: Final = "370105001008102"
HAPPY_EAST: Final = "370105001008002"
MILL: Final = "370105001009001"
MILL_3: Final = "370105001009101"
HAPPY_WEST: Final = "370105001009002"

_LEVELS: Final = AreaLevel


def _areas() -> list[Area]:
    def area(code: str, parent: str | None, level: AreaLevel, name: str, **more: Any) -> Area:
        return Area(code=code, parent=parent, level=level, name=name, **more)

    return [
        area(DISTRICT, None, _LEVELS.DISTRICT, "天桥区"),
        area(STREET, DISTRICT, _LEVELS.SUBDISTRICT, "无影山街道"),
        area(EAST, STREET, _LEVELS.COMMUNITY, "东社区"),
        area(WEST, STREET, _LEVELS.COMMUNITY, "西社区"),
        area(GARDEN, EAST, _LEVELS.COMPOUND, "金桂苑", aliases=("金桂",), compound_type="closed"),
        area(GARDEN_3, GARDEN, _LEVELS.BUILDING, "3号楼"),
        area(GARDEN_5, GARDEN, _LEVELS.BUILDING, "5号楼", aliases=("红楼",)),
        area(HAPPY_EAST, EAST, _LEVELS.COMPOUND, "幸福里", compound_type="open"),
        area(MILL, WEST, _LEVELS.COMPOUND, "三棉宿舍", compound_type="unit_dormitory"),
        area(MILL_3, MILL, _LEVELS.BUILDING, "3号楼"),
        area(HAPPY_WEST, WEST, _LEVELS.COMPOUND, "幸福里", compound_type="open"),
    ]


def _places() -> list[Place]:
    return [
        Place(name="济安路", kind="road", grid=STREET, owner="SZ"),
        Place(name="济安路", kind="road", grid=EAST, numbers="odd:1-19", owner="SZ"),
        Place(name="济安路", kind="road", grid=WEST, numbers="even:2-20", owner="SZ"),
        Place(name="济安路", kind="road", grid=GARDEN, numbers="21-35", owner="SZ"),
        Place(name="老槐树", kind="landmark", grid=GARDEN),
        Place(name="三棉锅炉房", kind="facility", grid=MILL, owner="DW-1"),
    ]


def _units() -> list[Unit]:
    def unit(code: str, kind: UnitKind, parent: str | None, *area: str, name: str = "") -> Unit:
        return Unit(code=code, name=name or code, kind=kind, parent=parent, area=area)

    return [
        unit("QX", UnitKind.DISTRICT, None, DISTRICT),
        unit("JD", UnitKind.SUBDISTRICT, "QX", STREET),
        unit("DESK", UnitKind.DESK, "JD", STREET),
        unit("SQ-1", UnitKind.COMMUNITY, "JD", EAST),
        unit("SQ-2", UnitKind.COMMUNITY, "JD", WEST),
        unit("GT-1", UnitKind.GRID_TEAM, "SQ-1", GARDEN),
        unit("GT-2", UnitKind.GRID_TEAM, "SQ-2", MILL, HAPPY_WEST),
        unit("GT-3", UnitKind.GRID_TEAM, "SQ-1", HAPPY_EAST),
        unit("WY-1", UnitKind.PROPERTY, "SQ-1", GARDEN, name="金桂物业"),
        unit("DW-1", UnitKind.ENTERPRISE, "QX"),
        unit("SZ", UnitKind.DEPARTMENT, "QX", DISTRICT),
    ]


def post(code: str, unit: str, role: str = "leader", **more: Any) -> Post:
    """A post; its holder's staff id is derived from the code."""
    fields = {"post": code, "unit": unit, "role": role, "person": f"P-{code}", "name": "某人"}
    return Post.model_validate({**fields, "phone": "13800000000", **more})


def _categories() -> list[Category]:
    return [
        Category(code="LJ", name="环境卫生"),
        Category(code="LJ-DF", parent="LJ", name="垃圾堆放", keywords=("垃圾:3", "垃圾没人清:3")),
        Category(code="WY", name="物业管理"),
        Category(
            code="WY-DT", parent="WY", name="电梯故障", keywords=("电梯:3", "困人:4"),
            default_urgency=Urgency.URGENT,
        ),
        Category(code="SZ", name="市政"),
        Category(code="SZ-LD", parent="SZ", name="路灯", keywords=("路灯:3", "灯不亮:2")),
        Category(code="QT", name="其他", keywords=("帮忙:2",)),
    ]  # fmt: skip


def rule(category: str, lead: str, **more: Any) -> CatalogueEntry:
    """A row of the catalogue."""
    return CatalogueEntry(category=category, lead=lead, **more)


def _catalogue() -> list[CatalogueEntry]:
    return [
        rule("*", "DESK"),
        rule("LJ", "@grid", assists=("@community",)),
        rule("WY", "@property", assists=("@community",)),
        rule("WY", "@owner", compound_type="unit_dormitory"),
        rule("SZ", "SZ"),
        rule("SZ-LD", "SQ-2", area=WEST),
    ]


def tables() -> Tables:
    """Every part of the directory, fit to be published."""
    units = _units()
    weekdays = ("mon", "tue", "wed", "thu", "fri")
    return {
        "areas": _areas(),
        "places": _places(),
        "outlines": [],
        "units": units,
        "posts": [post(f"{unit.code}-L", unit.code) for unit in units],
        "categories": _categories(),
        "catalogue": _catalogue(),
        "limits": [Profile(name="standard", title="标准", limits=dict.fromkeys(Urgency, Limits()))],
        "ladder": [LadderRule(urgency=Urgency.NORMAL)],
        "calendar": [
            *(CalendarDay(date=day, kind="workday", shifts=("09:00-17:00",)) for day in weekdays),
            CalendarDay(date="2026-01-01", kind="holiday"),
            CalendarDay(date="2027-01-01", kind="holiday"),
        ],
        "duty": [],
        "readers": [Reader(code="HALL", name="指挥大厅", kind="command_hall", area=DISTRICT)],
        "contacts": [],
        "notices": [],
        "reception": [],
    }


def directory(**parts: Any) -> Directory:
    """The small district as version 1, with some parts replaced."""
    return build(tables() | parts, version=1)


def complaint(text: str, **more: Any) -> ComplaintReceived:
    """A masked complaint as the router receives it."""
    fields: dict[str, Any] = {
        "complaint_id": "01900000-0000-7000-8000-000000000001", "number": "261116000000",
        "channel": Channel.HOTLINE, "kind": Kind.COMPLAINT, "received_at": MONDAY,
    }  # fmt: skip
    return ComplaintReceived(text=text, **fields | more)
