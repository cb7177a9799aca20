"""Who is told on which level, and whose table a matter ends on (domain.md D5, D7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from contracts.directory import Post, Unit, UnitKind
from contracts.escalation import EntryRule, ReceptionLevel
from services.notifier.directory import Directory
from services.notifier.ladder.escalation import Raised, Raiser
from services.notifier.ladder.ladder import Rung
from services.notifier.ladder.orgtree import Org
from services.notifier.reception.item import Item
from services.notifier.roster.roster import Roster
from services.notifier.worktime.calendar import Always
from tests.support import city
from tests.support.case import AREA, MONDAY

NIGHT = MONDAY.replace(hour=23)


def told(level: int, *who: str, unit: str = "SZ", now: datetime = MONDAY) -> tuple[str, ...]:
    return city.directory().org.told(level, who, unit=unit, area=AREA, now=now).posts


def test_roles_are_looked_up_in_the_holding_unit_and_in_the_office_of_the_level() -> None:
    assert told(1, "leader", unit="GT-001") == ("GT-001-Z",)
    assert told(2, "secretary", "duty_lead") == ("SQ-001-SJ", "SZ-ZB")
    assert told(4, "secretary") == ("JD-WYS-SJ",)
    assert told(5, "secretary") == ("QX-TQ-SJ",)


def test_outside_office_hours_the_deputy_who_is_there_is_told() -> None:
    assert told(1, "leader") == ("SZ-KZ",)
    assert told(1, "leader", now=NIGHT) == ("SZ-ZB",)


def test_on_the_rota_whoever_has_the_turn_is_the_duty_lead() -> None:
    assert told(3, "duty_lead", now=NIGHT) == ("SZ-ZB", "JD-WYS-ZR")
    assert told(3, "duty_lead", now=NIGHT.replace(day=24)) == ("SZ-ZB", "JD-WYS-ZB")


def small_org(**post: Any) -> Org:
    units = [
        Unit(code="S", name="街道", kind=UnitKind.SUBDISTRICT, area=("370105001",)),
        Unit(code="C", name="社区", kind=UnitKind.COMMUNITY, parent="S", area=("370105001008",)),
        Unit(code="G", name="网格", kind=UnitKind.GRID_TEAM, parent="C", area=(AREA,), deputy="C"),
    ]
    common = {"name": "某", "phone": "1", "hours": "always"}
    posts = [
        Post(post="C-L", unit="C", role="leader", person="P1", **common),
        *([Post(unit="G", role="leader", person="P2", **common | post)] if post else []),
    ]
    return Org(Roster(units, posts, (), {"standard": Always()}))


def test_a_vacant_post_is_filled_by_its_deputy_and_a_vacant_unit_by_its_deputy_unit() -> None:
    gone = small_org(post="G-L", valid_to=MONDAY.date(), deputy="C-L")
    assert gone.told(1, ("leader",), unit="G", area=AREA, now=MONDAY).posts == ("C-L",)
    assert small_org().told(1, ("leader",), unit="G", area=AREA, now=MONDAY).posts == ("C-L",)


def test_who_is_away_or_has_no_telephone_counts_as_absent() -> None:
    day = MONDAY.date().isoformat()
    for gone in ({"away": (day,)}, {"away": ("2026-11-20..2026-11-27",)}, {"phone": ""}):
        org = small_org(post="G-L", deputy="C-L", **gone)
        assert org.told(1, ("leader",), unit="G", area=AREA, now=MONDAY).posts == ("C-L",), gone
    back = small_org(post="G-L", deputy="C-L", away=("2026-11-20..2026-11-22",))
    assert back.told(1, ("leader",), unit="G", area=AREA, now=MONDAY).posts == ("G-L",)


def raised(org: Org, level: int, rungs: list[Rung]) -> Raised:
    row = {
        "ticket_id": uuid4(), "number": "261123000001", "round": 1, "unit": "G", "area": AREA,
        "urgency": "normal", "received_at": MONDAY,
    }  # fmt: skip
    rung = next(rung for rung in rungs if rung["level"] == level)
    return Raiser(org, MONDAY, uuid4).fire(row, rung, MONDAY, rungs)


def rung(level: int, *who: str) -> Rung:
    return {
        "level": level, "clock": "result", "at": "due", "due_at": "", "who": who, "reception": None,
    }  # fmt: skip


def test_a_level_without_anybody_is_told_to_the_next_level_at_once_with_a_note() -> None:
    rungs = [rung(3, "leader"), rung(1, "specialist"), rung(2, "secretary")]
    one = raised(small_org(), 1, rungs)
    assert one.escalation.level == 1
    assert one.escalation.recipients == ("C-L",)  # level 2 has nobody either, level 3 has
    assert (one.escalation.vacant, one.passed_to) == (("specialist@G",), 3)


def test_a_last_level_without_anybody_goes_to_the_first_office_upwards() -> None:
    one = raised(small_org(), 4, [rung(4, "specialist")])
    assert (one.escalation.recipients, one.passed_to) == (("C-L",), 0)


def test_where_nobody_in_the_city_can_be_reached_the_note_is_all_there_is() -> None:
    one = raised(Org(Roster([], [], (), {})), 4, [rung(4, "secretary")])
    assert (one.heard, one.passed_to, one.escalation.recipients) == (False, None, ())


def test_a_role_nobody_fills_is_left_out_with_a_note() -> None:
    nobody = small_org().told(1, ("secretary",), unit="G", area=AREA, now=MONDAY)
    assert (nobody.posts, nobody.vacant) == ((), ("secretary@G",))


def test_a_vacant_post_beside_a_filled_one_is_noted_too() -> None:
    own = city.parts()
    gone = {"valid_to": MONDAY.date().isoformat()}
    own["posts"] = [p | gone if p["post"] in {"SZ-ZB", "SZ-FZ"} else p for p in own["posts"]]
    org = Directory.of(1, own).org
    told = org.told(3, ("duty_lead", "deputy"), unit="SZ", area=AREA, now=MONDAY)
    assert told.posts == ("JD-WYS-ZR", "JD-WYS-FS")
    assert told.vacant == ("duty_lead@SZ", "deputy@SZ")
    level_2 = org.told(2, ("secretary",), unit="SZ", area=AREA, now=MONDAY)
    assert level_2.vacant == ()  # a department has no secretary: nothing is missing


def test_deputies_in_a_circle_end() -> None:
    org = small_org(post="G-L", hours="work", valid_to=MONDAY.date(), deputy="G-L")
    assert org.told(1, ("leader",), unit="G", area=AREA, now=MONDAY).posts == ("C-L",)


def test_a_level_without_office_hands_the_matter_upwards() -> None:
    roster = city.directory().roster
    assert roster.table(ReceptionLevel.SUBDISTRICT, AREA, "SZ") == (
        ReceptionLevel.SUBDISTRICT,
        "JD-WYS",
    )
    assert roster.table(ReceptionLevel.COMMUNITY, "370105001", "SZ") == (
        ReceptionLevel.SUBDISTRICT,
        "JD-WYS",
    )
    assert roster.table(ReceptionLevel.DISTRICT, "", "SZ") == (ReceptionLevel.DISTRICT, "QX-TQ")


def test_the_score_is_the_sum_of_the_parts_shown_beside_it() -> None:
    item = Item(
        uuid4(), uuid4(), "261123000001", 1, ReceptionLevel.SUBDISTRICT, "JD-WYS",
        EntryRule.OVERDUE_L4, 3, 1, "SZ", AREA, MONDAY, MONDAY, 40,
    )  # fmt: skip
    shown = item.show(MONDAY + timedelta(days=9, hours=13))
    assert shown["score_parts"] == {"rule": 40, "days_open": 9, "requesters": 3, "care": 1}
    assert shown["score"] == 53


def test_secretaries_and_deputies_stand_for_their_own_offices_only() -> None:
    roster = city.directory().roster
    assert roster.offices_of("P0007", MONDAY) == {"JD-WYS": ("370105001",)}
    assert roster.offices_of("P0152", MONDAY) == {}  # deputy head of a department: no office
    assert roster.offices_of("P9999", MONDAY) == {}
