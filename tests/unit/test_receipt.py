"""The receipt: everything a decision rests on, the same bytes when decided again, plain words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.complaint import ComplaintReceived, Point
from contracts.directory import Post
from services.router.decision import receipt as receipts
from services.router.decision.alternatives import Behind
from services.router.decision.answering import PassedOver, Way
from services.router.decision.decision import Decision, RoutingReason
from services.router.decision.duty import Lost
from services.router.decision.labels import ROLES, Labels
from services.router.decision.matching import decide
from services.router.decision.phrases import PHRASES
from services.router.decision.receipt_text import receipt_text
from services.router.decision.replay import replay
from services.router.directory.directory import Directory
from tests.support import sample, small
from tests.support.small import GARDEN, GARDEN_3, MONDAY, complaint, post

BLOCKS = {
    "outcome", "reason", "unit", "assists", "coordinator", "urgency", "post", "inputs", "place",
    "category", "duty", "conflicts", "alternatives", "versions",
}  # fmt: skip


def row(one: ComplaintReceived) -> Mapping[str, Any]:
    """The columns of the ticket's row that a replay reads."""
    return {
        "ticket_id": one.complaint_id, "number": one.number, "title": one.title, "body": one.text,
        "address": one.address, "confidential": one.confidential, "received_at": one.received_at,
    }  # fmt: skip


def stored(decision: Decision) -> dict[str, Any]:
    """The receipt as it comes back from the database."""
    found: dict[str, Any] = orjson.loads(receipts.dump(decision.receipt))
    return found


def told(decision: Decision, *, english: bool = False) -> str:
    return receipt_text(stored(decision), Labels(decision.directory, english))


def test_every_receipt_of_the_sample_is_reached_again_byte_for_byte() -> None:
    for one in sample.routed("complaints.csv"):
        text = receipts.dump(one.decision.receipt)
        asked = row(sample.received(one.sample))
        assert replay(asked, orjson.loads(text), sample.directory()) == text, one.sample.id


@given(
    text=st.text(min_size=1, max_size=20) | st.sampled_from(["电梯坏了", "路灯不亮，垃圾也没人管"]),
    title=st.none() | st.text(max_size=5),
    address=st.none() | st.sampled_from(["金桂苑3号楼", "幸福里", "济安路5号", ""]),
    grid_code=st.none() | st.sampled_from([GARDEN, "x"]),
    category=st.none() | st.sampled_from(["WY-DT", "x"]),
    urgency=st.none() | st.sampled_from(["critical", "normal"]),
    accused=st.none() | st.sampled_from(["WY-1", "nobody"]),
    point=st.none() | st.builds(
        Point, lon=st.floats(100, 120), lat=st.floats(20, 40), datum=st.sampled_from(["gcj02", "wgs84"])
    ),
)  # fmt: skip
def test_whatever_was_filed_its_receipt_is_reached_again(text: str, **more: Any) -> None:
    asked = complaint(text, **more)
    directory = small.directory()
    kept = receipts.dump(decide(asked, directory, MONDAY).receipt)
    assert replay(row(asked), orjson.loads(kept), small.directory()) == kept


def test_another_version_of_the_directory_is_noticed() -> None:
    asked = complaint("电梯坏了", address="金桂苑")
    kept = receipts.dump(decide(asked, small.directory(), MONDAY).receipt)
    changed = small.directory(catalogue=[small.rule("*", "DESK"), small.rule("WY", "SZ")])
    assert replay(row(asked), orjson.loads(kept), changed) != kept


@pytest.mark.parametrize(
    "change", [{"body": "电梯"}, {"title": "电梯"}, {"address": "金桂苑 "}], ids=str
)
def test_changed_words_are_noticed(change: dict[str, str]) -> None:
    asked = complaint("电梯坏了", address="金桂苑")
    decision = decide(asked, small.directory(), MONDAY)
    kept = receipts.dump(decision.receipt)
    assert replay({**row(asked), **change}, orjson.loads(kept), small.directory()) != kept


def test_what_the_ticket_became_later_changes_nothing() -> None:
    asked = complaint("电梯坏了", address="金桂苑")
    kept = receipts.dump(decide(asked, small.directory(), MONDAY).receipt)
    later = {**row(asked), "category": "LJ-DF", "urgency": "critical", "unit": "SZ", "area": None}
    assert replay(later, orjson.loads(kept), small.directory()) == kept


def test_it_holds_what_was_used_and_the_versions() -> None:
    point = Point(lon=117.123456789, lat=36.6543219)
    asked = complaint(
        "电梯坏了", address="金桂苑3号楼", point=point, urgency="urgent", accused="SZ"
    )
    kept = stored(decide(asked, small.directory(), MONDAY))
    assert set(kept) == BLOCKS
    inputs = kept["inputs"]
    assert inputs["point"] == {"lon": 117.12346, "lat": 36.65432, "datum": "wgs84"}
    assert (inputs["urgency"], inputs["accused"], inputs["grid_code"]) == ("urgent", "SZ", None)
    assert inputs["sha256"]["title"] is None
    assert len(inputs["sha256"]["text"]) == 64
    assert inputs["decided_at"] == "2026-11-16T02:00:00+00:00"
    assert kept["versions"] == {"directory": 1, "model": None, "form": 2}
    assert kept["coordinator"] == kept["unit"] == "WY-1"
    assert kept["duty"]["source"] == ""
    assert kept["post"] == {
        "post": "WY-1-L", "role": "leader", "way": "holder", "waits": False, "notes": [],
    }  # fmt: skip


def test_its_text_does_not_depend_on_the_order_in_which_it_was_put_together() -> None:
    assert receipts.dump({"b": {"d": 1, "c": 2}, "a": 3}) == '{"a":3,"b":{"c":2,"d":1}}'


def test_the_same_instant_in_another_offset_is_the_same_receipt() -> None:
    asked = complaint("电梯坏了", address="金桂苑")
    here = decide(asked, small.directory(), MONDAY).receipt
    there = decide(asked, small.directory(), MONDAY.astimezone(UTC)).receipt
    assert receipts.dump(here) == receipts.dump(there)


def test_neither_words_nor_names_nor_staff_stand_in_a_receipt() -> None:
    one = complaint("电梯坏了，我叫刘大明", address="金桂苑3号楼902", title="电梯")
    text = receipts.dump(decide(one, small.directory(), MONDAY).receipt)
    for private in ("刘大明", "902", "某人", "P-WY-1-L", "13800000000"):
        assert private not in text


def offers(decision: Decision) -> list[tuple[str, str]]:
    return [(one["unit"], one["why"]) for one in decision.receipt["alternatives"]]


def of(text: str, directory: Directory | None = None, **more: Any) -> Decision:
    return decide(complaint(text, **more), directory or small.directory(), MONDAY)


def test_alternatives_are_the_other_readings_and_the_next_unit_up() -> None:
    assert offers(of("电梯和垃圾", address="金桂苑")) == [
        ("GT-1", "as_found"), ("WY-1", "other_category"), ("SQ-1", "unit_above"),
    ]  # fmt: skip
    assert offers(of("垃圾没人清", address="幸福里")) == [
        ("GT-3", "other_place"), ("GT-2", "other_place"), ("JD", "unit_above"),
    ]  # fmt: skip
    assert offers(of("电梯坏了", address="金桂苑")) == [("SQ-1", "unit_above")]
    assert offers(of("你好", address="金桂苑")) == [("SQ-1", "unit_above")]
    assert offers(of("你好")) == []
    scores = [one["score"] for one in of("垃圾没人清", address="幸福里").receipt["alternatives"]]
    assert scores == [0.5, 0.5, 0.0]


CODES = re.compile(r"[A-Z]{2,}-|[A-Z]{2,4}\d|@|\b\d{6,}\b|_|\{")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "rule": ("电梯困人", {"address": "金桂苑3号楼"}),
    "given": ("你好", {"grid_code": GARDEN_3, "category": "WY-DT"}),
    "owner": ("电梯坏了", {"address": "三棉锅炉房"}),
    "owner_not_asked": ("垃圾", {"address": "三棉锅炉房"}),
    "place_unknown": ("电梯坏了", {}),
    "place_unsure": ("垃圾", {"address": "东社区"}),
    "place_several": ("垃圾", {"address": "幸福里"}),
    "near_border": ("灯不亮，路灯", {"address": "老槐树对面", "title": "路灯"}),
    "category_unknown": ("你好", {"address": "金桂苑"}),
    "category_unsure": ("电梯和垃圾", {"address": "金桂苑"}),
    "category_weak": ("灯不亮", {"address": "三棉宿舍"}),
    "backstop": ("帮忙", {"address": "金桂苑"}),
    "conflict_of_interest": ("电梯坏了", {"address": "金桂苑", "accused": "WY-1"}),
    "no_conflict": ("电梯坏了", {"address": "金桂苑", "accused": "SZ"}),
}


def named() -> Directory:
    """The small district with units called what they are, so that a code in a text is a mistake."""
    names = {
        "QX": "区中心", "JD": "街道办", "DESK": "分拨台", "SQ-1": "东社区居委会", "SQ-2": "西社区居委会",
        "GT-1": "金桂网格", "GT-2": "三棉网格", "GT-3": "幸福里网格", "WY-1": "金桂物业",
        "DW-1": "三棉留守处", "SZ": "市政中心",
    }  # fmt: skip
    units = [u.model_copy(update={"name": names[u.code]}) for u in small.tables()["units"]]
    return small.directory(units=units)


@pytest.mark.parametrize("english", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_it_is_told_in_four_to_ten_lines_without_a_code(case: str, *, english: bool) -> None:
    text, more = CASES[case]
    lines = told(of(text, named(), **more), english=english).split("\n")
    assert 4 <= len(lines) <= 10
    assert not [line for line in lines if CODES.search(line)], lines
    assert all(line.endswith("." if english else "。") for line in lines)


def test_a_usual_dispatch_in_chinese() -> None:
    assert told(of("电梯困人", named(), address="金桂苑3号楼")).split("\n") == [
        "地点：东社区金桂苑3号楼（听到“金桂苑”）。",
        "事项：物业管理·电梯故障（听到“困人”“电梯”，把握100%）；紧急程度：紧急。",
        "派给：金桂物业主办，东社区居委会协办。它是首接单位，以后转给别的单位也由它牵头协调。",
        "依据：派单目录“物业管理”，由物业公司（没有物业就是网格）负责。",
        "没有用上的规则：“物业管理，限单位宿舍”在这里不适用。",
        "应答：金桂物业负责人。",
        "版本：目录第1版，未用类别模型，回执第2版；2026-11-16 10:00决定。",
    ]


def test_a_matter_for_the_desk_in_english() -> None:
    decision = of("电梯坏了", named(), address="金桂苑", accused="WY-1")
    assert told(decision, english=True).split("\n") == [
        "Where: 无影山街道东社区金桂苑 (from “金桂苑”).",
        "What: 物业管理·电梯故障 (from “电梯”, 100% sure); urgent.",
        "To 分拨台 first, where a person decides: the unit that would have it must not.",
        "The catalogue says: row “物业管理”: the property company, else the grid team, that is 金桂物业.",
        "Rows that did not hold: “物业管理, only unit dormitories” does not apply here.",
        (
            "Conflict of interest: it is about 金桂物业; 金桂物业 is the party complained about; "
            "东社区居委会 is right above the party complained about."
        ),
        "Answers now: 分拨台, leader.",
        "It could go to: 街道办 (the next unit up).",
        "Versions: directory 1, no category model, receipt 2; decided 2026-11-16 10:00.",
    ]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("owner", "这里由三棉留守处专管，这类事归它。"),
        ("owner_not_asked", "这里由三棉留守处专管，但目录没有把这类事交给专管单位。"),
        ("place_several", "也许是无影山街道东社区幸福里、无影山街道西社区幸福里"),
        ("place_unsure", "“环境卫生”要找当地网格，而地点还不够细"),
        ("no_conflict", "被反映的是市政中心，已查以上单位与它无关"),
        ("given", "登记时选定的网格"),
    ],
)
def test_what_matters_is_said(case: str, words: str) -> None:
    text, more = CASES[case]
    assert words in told(of(text, named(), **more))


def test_who_was_passed_over_is_said_with_the_reason() -> None:
    gone = post("WY-1-S", "WY-1", "specialist", area=GARDEN, away=("2026-11-16",))
    off = [p.model_copy(update={"deputy": None}) for p in small.tables()["posts"]]
    directory = small.directory(posts=[*off, gone], units=list(named().units.values()))
    assert "应答：金桂物业负责人；服务专员不在岗。" in told(
        of("电梯坏了", directory, address="金桂苑")
    )
    units = [
        u.model_copy(update={"deputy": "SQ-1"}) if u.code == "WY-1" else u
        for u in named().units.values()
    ]
    nobody = small.directory(posts=[p for p in off if p.unit != "WY-1"], units=units)
    text = told(of("电梯坏了", nobody, address="金桂苑"))
    assert "金桂物业此刻无人可联系，由东社区居委会代办。" in text


def test_a_code_the_directory_dropped_since_is_shown_as_such() -> None:
    kept = stored(of("电梯坏了", address="金桂苑"))
    units = [u for u in small.tables()["units"] if u.code != "WY-1"]
    later = Labels(small.directory(units=units))
    assert "WY-1（已不在目录中）" in receipt_text(kept, later)


def test_a_receipt_of_an_older_form_says_so() -> None:
    names = Labels(small.directory())
    assert (
        receipt_text({"form": 1, "unit": "SZ"}, names)
        == "这份回执是旧格式（第1版），请看原始内容。"
    )


def test_there_are_words_for_everything_a_receipt_can_say() -> None:
    wanted = {f"why_{reason.value}" for reason in RoutingReason if reason is not RoutingReason.RULE}
    wanted |= {f"miss_{why.value}" for why in Lost} | {f"way_{way.value}" for way in Way}
    wanted |= {f"note_{why.value}" for why in PassedOver} | {f"other_{why.value}" for why in Behind}
    assert wanted <= PHRASES.keys()
    assert set(Post.model_json_schema()["properties"]["role"]["enum"]) == ROLES.keys()
