"""Before a directory is published: nothing dangles, nothing is ambiguous, and everything has an owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chuishao.directory import SAMPLE_DIRECTORY
from contracts.complaint import Urgency
from contracts.directory import CalendarDay, Category, DutyTurn, Unit, UnitKind
from contracts.limits import Limits, Profile, WhistleLimits
from contracts.notices import Contact, NoticeRules
from contracts.whistle import WhistleKind
from services.router.directory import files
from services.router.directory.files import Fault, Tables
from services.router.publishing import calendar_reach, checks
from tests.support import sample, small
from tests.support.small import GARDEN, MONDAY, post, rule

WALL = Limits(
    contact="24h", result="7d", return_window="24h", return_answer="24h", ruling="24h",
    callback="24h",
)  # fmt: skip
Damage = Callable[[Tables], object]


def faults(damage: Damage) -> list[Fault]:
    tables = small.tables()
    damage(tables)
    return checks.check(tables, MONDAY)


def changed(part: str, key: str, code: str, **fields: Any) -> Damage:
    """Change one row in place."""

    def damage(tables: Tables) -> None:
        rows = tables[part]
        (n,) = (n for n, row in enumerate(rows) if getattr(row, key) == code)
        rows[n] = rows[n].model_copy(update=fields)

    return damage


def doubled(part: str) -> Damage:
    return lambda tables: tables[part].append(tables[part][0])


def added(part: str, row: Any) -> Damage:
    return lambda tables: tables[part].append(row)


def test_the_sample_has_no_fault_on_workdays_and_weekends() -> None:
    for day in (0, 5, 6):
        assert checks.check(sample.tables(), MONDAY + timedelta(days=day)) == []


def test_the_small_district_of_these_tests_has_none_either() -> None:
    assert faults(lambda _: None) == []


@pytest.mark.parametrize(
    ("damage", "file", "field"),
    [
        (changed("areas", "code", GARDEN, parent="370105001099"), "areas.csv", f"{GARDEN}.parent"),
        (changed("places", "name", "老槐树", grid="370105009"), "places.csv", "老槐树.grid"),
        (changed("places", "name", "老槐树", owner="XX"), "places.csv", "老槐树.owner"),
        (changed("units", "code", "SZ", parent="XX"), "units.csv", "SZ.parent"),
        (changed("units", "code", "SZ", deputy="XX"), "units.csv", "SZ.deputy"),
        (changed("units", "code", "SZ", calendar="lunar"), "units.csv", "SZ.calendar"),
        (changed("units", "code", "SZ", area=("370106",)), "units.csv", "SZ.area"),
        (changed("posts", "post", "SZ-L", unit="XX"), "posts.csv", "SZ-L.unit"),
        (changed("posts", "post", "SZ-L", area="370106"), "posts.csv", "SZ-L.area"),
        (changed("posts", "post", "SZ-L", deputy="XX"), "posts.csv", "SZ-L.deputy"),
        (changed("categories", "code", "LJ-DF", parent="XX"), "categories.csv", "LJ-DF.parent"),
        (changed("catalogue", "category", "SZ", category="XX"), "catalogue.csv", "XX.category"),
        (changed("catalogue", "category", "SZ", area="370106"), "catalogue.csv", "SZ.area"),
        (changed("catalogue", "category", "SZ", profile="XX"), "catalogue.csv", "SZ.profile"),
        (changed("catalogue", "category", "SZ", lead="XX"), "catalogue.csv", "SZ.lead"),
        (changed("catalogue", "category", "SZ", assists=("XX",)), "catalogue.csv", "SZ.assists"),
        (changed("catalogue", "category", "SZ", lead="@gird"), "catalogue.csv", "SZ.lead"),
        (
            added("duty", DutyTurn(date=date(2026, 11, 16), unit="SZ", post="XX")),
            "duty.csv", "2026-11-16.post",
        ),
        (
            added("duty", DutyTurn(date=date(2026, 11, 16), unit="XX", post="SZ-L")),
            "duty.csv", "2026-11-16.unit",
        ),
        (changed("readers", "code", "HALL", area="370106"), "readers.csv", "HALL.area"),
        (added("contacts", Contact(post="XX", channel="chat", address="a")), "contacts.csv", "XX.post"),
    ],
)  # fmt: skip
def test_a_code_that_leads_nowhere_is_named(damage: Damage, file: str, field: str) -> None:
    (fault,) = faults(damage)
    assert (fault.file, fault.field) == (file, field)
    assert fault.remedy


def test_a_contact_written_twice_is_named() -> None:
    row = Contact(post="SZ-L", channel="chat", address="a")
    same = row.model_copy(update={"from_urgency": Urgency.CRITICAL})

    def damage(tables: Tables) -> None:
        tables["contacts"] += [row, row.model_copy(update={"address": "b"}), same]

    (fault,) = faults(damage)
    assert (fault.file, fault.field, fault.kind) == (
        "contacts.csv",
        "SZ-L.address",
        "contact-twice",
    )


def test_rules_for_notices_have_one_name() -> None:
    (fault,) = faults(added("notices", NoticeRules(name="night")))
    assert (fault.file, fault.field) == ("notices.toml", "night")


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("areas", "370105"),
        ("units", "QX"),
        ("posts", "QX-L"),
        ("categories", "LJ"),
        ("readers", "HALL"),
    ],
)
def test_a_code_used_twice_is_named(part: str, code: str) -> None:
    (fault,) = faults(doubled(part))
    assert (fault.file, fault.field, fault.kind) == (f"{part}.csv", code, "code-twice")


@pytest.mark.parametrize(
    ("damage", "file", "codes"),
    [
        (changed("units", "code", "QX", parent="JD"), "units.csv", {"QX", "JD"}),
        (changed("units", "code", "SZ", parent="SZ"), "units.csv", {"SZ"}),
        (changed("categories", "code", "WY", parent="WY-DT"), "categories.csv", {"WY", "WY-DT"}),
    ],
)
def test_parents_in_a_circle_are_named(damage: Damage, file: str, codes: set[str]) -> None:
    found = faults(damage)
    assert {fault.file for fault in found} == {file}
    assert {fault.field for fault in found} == {f"{code}.parent" for code in codes}


def test_two_equally_specific_rows_are_an_error_even_with_the_same_lead() -> None:
    for lead in ("SZ", "QX"):
        (fault,) = faults(added("catalogue", rule("SZ", lead)))
        assert (fault.file, fault.field) == ("catalogue.csv", "SZ")
        assert "equal matches" in fault.remedy


@pytest.mark.parametrize("keyword", ["词:0", "词:abc", "词:nan", ":3", "词:"])
def test_a_keyword_without_a_sensible_weight_is_named(keyword: str) -> None:
    (fault,) = faults(changed("categories", "code", "WY-DT", keywords=("电梯:3", keyword)))
    assert (fault.file, fault.field) == ("categories.csv", "WY-DT.keywords")
    assert keyword in fault.remedy


def test_without_a_triage_desk_nothing_is_published() -> None:
    found = faults(changed("units", "code", "DESK", kind=UnitKind.COMMITTEE))
    assert [(fault.file, fault.field) for fault in found] == [("units.csv", "kind")]


def without_backstop(tables: Tables) -> None:
    tables["catalogue"] = [row for row in tables["catalogue"] if row.category != "*"]


def test_a_grid_and_category_without_owner_are_named() -> None:
    found = faults(without_backstop)
    assert found
    assert {fault.file for fault in found} == {"catalogue.csv"}
    assert {fault.field.split(" x ")[0] for fault in found} == {"QT"}


def test_the_list_of_gaps_stays_readable() -> None:
    def many_gone(tables: Tables) -> None:
        for n in range(30):
            tables["categories"].append(Category(code=f"MORE-{n}", name="再多"))
            tables["units"].append(Unit(code=f"U-{n}", name="某", kind=UnitKind.DEPARTMENT))
            tables["catalogue"].append(rule(f"MORE-{n}", f"U-{n}"))

    assert len(faults(many_gone)) == checks.SHOWN_GAPS


@pytest.mark.parametrize("days", [0, 1, 7])
def test_an_owner_whose_last_post_falls_vacant_within_a_week_is_named(days: int) -> None:
    leaves = MONDAY.date() + timedelta(days=days)
    (fault,) = faults(changed("posts", "post", "SZ-L", valid_to=leaves))
    assert (fault.file, fault.field) == ("posts.csv", "SZ")
    assert f"{days} 天后" in fault.remedy


def test_a_vacancy_after_the_week_or_with_somebody_else_in_post_is_no_fault() -> None:
    later = MONDAY.date() + timedelta(days=8)
    assert faults(changed("posts", "post", "SZ-L", valid_to=later)) == []

    def replaced(tables: Tables) -> None:
        changed("posts", "post", "SZ-L", valid_to=MONDAY.date())(tables)
        tables["posts"].append(post("SZ-2", "SZ"))

    assert faults(replaced) == []


def test_a_unit_that_owns_nothing_needs_no_post() -> None:
    spare = Unit(code="SPARE", name="备用", kind=UnitKind.COMMITTEE, parent="QX")
    assert faults(added("units", spare)) == []


def test_faults_of_reference_come_alone_because_coverage_cannot_be_proved_on_them() -> None:
    def both(tables: Tables) -> None:
        without_backstop(tables)
        changed("units", "code", "SZ", parent="XX")(tables)

    assert [fault.field for fault in faults(both)] == ["SZ.parent"]


def test_a_year_that_limits_of_today_reach_is_refused_and_warned_of_sixty_days_before() -> None:
    tables = files.read(SAMPLE_DIRECTORY)
    without = [row for row in tables["calendar"] if not row.date.startswith("2027")]
    tables |= {"calendar": without}

    def told(month: int, day: int) -> tuple[list[str], list[str]]:
        found = checks.examine(tables, datetime(2026, month, day, tzinfo=UTC), proving=False)
        faults, odd = ([f.file for f in own if f.kind == "year-missing" and f.field == "standard"]
                       for own in (found.faults, found.warnings))  # fmt: skip
        return faults, odd

    assert told(11, 1) == ([], [])
    assert told(11, 2) == ([], ["calendar/2027.csv"])  # the 1st of January is 60 days away
    # The longest: 20wd to pull down an illegal building, 7d extension, the ladder's due+6wd.
    # From Tuesday 17th: 20wd to 15 December, 7d to the 22nd, 6wd to the 30th; Monday's rest is not counted.
    assert told(11, 17) == ([], ["calendar/2027.csv"])
    assert told(11, 20) == (["calendar/2027.csv"], [])
    found = checks.check(tables, datetime(2026, 12, 1, tzinfo=UTC))
    assert [(f.file, f.field) for f in found] == [
        ("calendar/2027.csv", name) for name in ("daily", "standard", "window")
    ]  # fmt: skip


def test_limits_by_the_clock_on_the_wall_need_no_year() -> None:
    kinds = dict.fromkeys(WhistleKind, "7d")
    whistle = WhistleLimits(check_in=kinds, resolve=kinds, rating="7d")
    walled = [
        Profile(name="standard", title="-", limits=dict.fromkeys(Urgency, WALL), whistle=whistle)
    ]
    calendar = [r for r in small.tables()["calendar"] if not r.date.startswith("2027")]
    tables = small.tables() | {"calendar": calendar, "limits": walled}
    late = datetime(2026, 12, 28, tzinfo=UTC)
    assert [f.kind for f in checks.check(tables, late)] == []
    working = [Profile(name="standard", title="-", limits=dict.fromkeys(Urgency, WALL))]
    found = checks.check(tables | {"limits": working}, late)  # a whistle's usual 10wd
    assert [(f.file, f.kind) for f in found] == [("calendar/2027.csv", "year-missing")]


@pytest.mark.parametrize(
    ("day", "limit", "missing"),
    [
        (date(2026, 12, 23), "5wd", None),  # 24, 25, 28, 29, 30
        (date(2026, 12, 24), "6wd", 2027),
        (date(2026, 12, 24), "48wh", 2027),
        (date(2026, 12, 24), "4bd", None),
        (date(2026, 12, 24), "5bd", 2027),  # begun after hours it counts from the 25th
        (date(2026, 12, 24), "60d", None),
    ],
)
def test_how_far_a_limit_reaches_is_counted_on_the_calendar(
    day: date, limit: str, missing: int | None
) -> None:
    rows = [(r.calendar, r.date, r.kind, r.shifts) for r in small.tables()["calendar"]]
    without = [row for row in rows if not row[1].startswith("2027")]
    assert calendar_reach.calendars(without)["standard"].missing((limit,), day) == missing
    assert calendar_reach.calendars(rows)["standard"].missing((limit,), day) is None


def test_a_calendar_without_dates_is_loaded_for_the_years_of_the_others() -> None:
    daily = [
        CalendarDay(calendar="daily", date=day, kind="workday", shifts=("08:00-20:00",))
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    ]
    tables = small.tables() | {"calendar": [*small.tables()["calendar"], *daily]}
    assert checks.check(tables, MONDAY) == []
    undated = [row for row in tables["calendar"] if not row.date.startswith("20")]
    found = checks.check(tables | {"calendar": undated}, MONDAY)
    assert [(f.file, f.field) for f in found] == [
        ("calendar/2026.csv", "daily"), ("calendar/2026.csv", "standard"),
    ]  # fmt: skip


def test_a_working_weekday_needs_its_shifts() -> None:
    rows = [*small.tables()["calendar"], CalendarDay(date="sat", kind="workday")]
    (fault,) = checks.check(small.tables() | {"calendar": rows}, MONDAY)
    assert (fault.field, fault.kind) == ("sat.shifts", "no-shifts")
