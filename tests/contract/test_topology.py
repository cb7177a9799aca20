"""Streams and consumers as data: every event has one home, and everybody hears what is theirs alone."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import catalog
from contracts.catalog import ADDRESSED, EVENTS, OWNER_OF, STREAM_OF, BadSubjectError, EventType
from contracts.listeners import READER_LIVE, covers, listeners, overlap
from contracts.topology import (
    CONSUMERS,
    STREAMS,
    ConsumerSpec,
    every,
    reader_consumer,
    unit_consumer,
)

TOKENS = {"complaint": 6, "ticket": 7, "whistle": 7, "clock": 7, "escalation": 7, "reception": 7,
          "issue": 6, "directory": 2}  # fmt: skip
"""Tokens of a subject, by noun: noun, event, addressee where there is one, four of the area."""
SUBJECTS_OF = {spec.name: spec.subjects for spec in STREAMS}
EVERYBODY = (*CONSUMERS, unit_consumer("WY-08"), reader_consumer("HALL", "370105001"))
BY_EVENT = pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)


def hears(spec: ConsumerSpec, subject: str) -> bool:
    return any(covers(pattern, subject) for pattern in spec.filters)


def said(name: str, to: str = "WY-08", area: str = "370105001010139") -> str:
    addressed = ADDRESSED.get(catalog.BY_NAME[name].noun)
    return catalog.subject(name, to={"unit": to, "level": "4"}.get(addressed or ""), area=area)


@pytest.mark.parametrize(
    ("wide", "narrow", "result"),
    [
        ("a.*", "a.b", True),
        ("a.*", "a.*", True),
        ("a.b", "a.*", False),
        ("a.*", "a.b.c", False),
        ("a.*.c", "a.b", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("a.*", "a.>", False),
        ("a.>", "a.>", True),
        (">", "a", True),
    ],
)
def test_wildcards_cover_as_nats_reads_them(wide: str, narrow: str, *, result: bool) -> None:
    assert covers(wide, narrow) is result


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("a.*.c", "a.b.*", True),
        ("a.b", "a.c", False),
        ("a.*", "a.*.*", False),
        ("a.>", "a.b.c", True),
        ("a.>", "b.>", False),
        ("a.*", "a.>", True),
    ],
)
def test_wildcards_overlap_where_one_subject_fits_both(
    one: str, other: str, *, result: bool
) -> None:
    assert overlap(one, other) is result
    assert overlap(other, one) is result


@BY_EVENT
def test_every_event_is_kept_by_exactly_one_stream(row: EventType) -> None:
    keeping = [name for name, subjects in SUBJECTS_OF.items()
               if any(covers(pattern, row.pattern) for pattern in subjects)]  # fmt: skip
    assert keeping == [row.stream]


def test_no_two_streams_and_no_two_subjects_of_streams_overlap() -> None:
    everything = [subject for spec in STREAMS for subject in spec.subjects]
    for one, other in combinations(everything, 2):
        assert not overlap(one, other), (one, other)


def test_the_streams_are_those_of_the_product() -> None:
    assert [spec.name for spec in STREAMS] == ["COMPLAINTS", "TICKETS", "ESCALATIONS", "ADVISORIES"]
    nouns = Counter(stream for stream in STREAM_OF.values())
    assert nouns == {"COMPLAINTS": 1, "TICKETS": 5, "ESCALATIONS": 2}
    assert STREAM_OF.keys() == OWNER_OF.keys() == TOKENS.keys()


def test_commands_and_inboxes_are_kept_by_no_stream() -> None:
    for subject in ("cmd.accept.WY-08", "_INBOX_router.x.y", "$JS.API.STREAM.CREATE.X"):
        for subjects in SUBJECTS_OF.values():
            assert not any(covers(pattern, subject) for pattern in subjects)


@BY_EVENT
@pytest.mark.parametrize("area", [None, "", "370105", "370105001", "370105001010139"])
def test_a_subject_has_a_fixed_number_of_tokens(row: EventType, area: str | None) -> None:
    addressed = ADDRESSED.get(row.noun)
    for to in ("WY-08", None) if addressed == "unit" else ("4", 0):
        subject = catalog.subject(row.name, to=to, area=area)
        assert len(subject.split(".")) == TOKENS[row.noun]
        assert len(row.pattern.split(".")) == TOKENS[row.noun]
        assert len(every(row.noun).split(".")) == TOKENS[row.noun]
        assert covers(row.pattern, subject)
        assert covers(every(row.noun), row.pattern)


@given(token=st.text(max_size=12))
def test_nothing_but_a_code_becomes_a_token(token: str) -> None:
    good = token.isascii() and 0 < len(token) <= 32 and all(c.isalnum() or c == "-" for c in token)
    if good or token == "_":
        assert catalog.subject("ticket.accepted", to=token).split(".")[2] == token
        assert catalog.command_subject("accept", token) == f"cmd.accept.{token}"
    else:
        with pytest.raises(BadSubjectError):
            catalog.subject("ticket.accepted", to=token)
        with pytest.raises(BadSubjectError):
            catalog.command_subject("accept", token)


@pytest.mark.parametrize(
    "area",
    [
        "3701",
        "37010500",
        "370105*",
        "370105.001",
        ">",
        "\uff13\uff17\uff10\uff11\uff10\uff15",
        "370105001010139001",
    ],
)
def test_nothing_but_an_area_code_becomes_an_area(area: str) -> None:
    with pytest.raises(BadSubjectError):
        catalog.subject("complaint.received", area=area)


@pytest.mark.parametrize("action", ["", "Accept", "accept.x", "*", ">", "a_b", "-a", "a-", "a--b"])
def test_nothing_but_an_action_becomes_an_action(action: str) -> None:
    with pytest.raises(BadSubjectError):
        catalog.command_subject(action, "WY-08")


def test_an_event_of_no_catalogue_has_no_subject() -> None:
    with pytest.raises(BadSubjectError):
        catalog.subject("ticket.exploded", to="WY-08")


@pytest.mark.parametrize("spec", EVERYBODY, ids=lambda spec: spec.name)
def test_a_consumers_filters_lie_within_its_stream_and_never_overlap(spec: ConsumerSpec) -> None:
    for pattern in spec.filters:
        assert any(covers(subject, pattern) for subject in SUBJECTS_OF[spec.stream]), pattern
        assert len(pattern.split(".")) == TOKENS[pattern.split(".")[0]]
    for one, other in combinations(spec.filters, 2):
        assert not overlap(one, other)


def test_durables_have_their_own_names_and_belong_to_a_service() -> None:
    names = [spec.name for spec in CONSUMERS]
    assert len(set(names)) == len(names)
    assert {name.partition("-")[0] for name in names} == {"intake", "router", "notifier", "console"}


HEARD = {
    "intake": {"ticket", "whistle", "directory"},
    "router": {"complaint", "clock", "escalation"},
    "notifier": {"complaint", "ticket", "whistle", "issue", "directory"},
    "console": set(OWNER_OF) - {"issue"},
}
"""Product.md section 5, and that intake follows the directory, whose codes it checks."""


@BY_EVENT
def test_each_service_hears_what_the_product_says_and_once(row: EventType) -> None:
    for service, nouns in HEARD.items():
        durables = [heard for heard in listeners(row) if heard.who == service]
        wanted = row.noun in nouns or (service == "router" and row.name == "reception.decided")
        assert len(durables) == wanted, (service, row.name)
        assert all(heard.durable for heard in durables)


@BY_EVENT
def test_no_service_hears_itself(row: EventType) -> None:
    assert OWNER_OF[row.noun] not in {heard.who for heard in listeners(row)}


@BY_EVENT
def test_a_units_durable_hears_its_own_tickets_whistles_and_clocks_and_nobody_elses(
    row: EventType,
) -> None:
    spec = unit_consumer("WY-08")
    addressed = row.noun in ("ticket", "whistle", "clock")
    assert hears(spec, said(row.name)) is addressed
    assert hears(spec, said(row.name, area="")) is addressed
    if ADDRESSED.get(row.noun) == "unit":
        for other in ("WY-0", "WY-081", "wy-08", "_"):
            assert not hears(spec, said(row.name, to=other))


@pytest.mark.parametrize(
    ("area", "inside", "outside"),
    [
        ("370105", ["370105", "370105001", "370105001010139"], ["370106", "370106001", ""]),
        ("370105001", ["370105001", "370105001010139"], ["370105", "370105002", "370106001", ""]),
        ("370105001010", ["370105001010", "370105001010139"], ["370105001", "370105001011139", ""]),
        ("370105001010139", ["370105001010139"], ["370105001010138", "370105001010", ""]),
    ],
)
def test_a_readers_durable_hears_ladder_and_queue_below_its_area_only(
    area: str, inside: list[str], outside: list[str]
) -> None:
    spec = reader_consumer("HALL", area)
    for name in ("escalation.raised", "reception.queued"):
        assert all(hears(spec, said(name, area=code)) for code in inside)
        assert not any(hears(spec, said(name, area=code)) for code in outside)
    assert not any(hears(spec, said(row.name, area=area)) for row in EVENTS
                   if row.noun not in ("escalation", "reception"))  # fmt: skip


def test_what_readers_hear_carries_no_words_of_residents() -> None:
    for row in EVENTS:
        if row.noun in READER_LIVE:
            assert (
                not {"text", "title", "address", "requester", "accused"}
                & row.data.model_fields.keys()
            )


@pytest.mark.parametrize("spec", EVERYBODY, ids=lambda spec: spec.name)
def test_the_broker_never_gives_up_by_itself_and_never_loses_patience_first(
    spec: ConsumerSpec,
) -> None:
    assert spec.max_deliver == -1
    assert spec.ack_wait_s >= 30
    assert spec.max_ack_pending > 0


@pytest.mark.parametrize("spec", CONSUMERS, ids=lambda spec: spec.name)
def test_what_waits_for_an_earlier_version_leaves_room_for_it(spec: ConsumerSpec) -> None:
    """One flipped bit can cost 14,266 of 20,000 messages (reliability.md row 11): so many may wait at once."""
    assert spec.max_ack_pending > 20_000


def test_a_stream_keeps_what_an_office_on_holiday_has_not_read() -> None:
    for spec in STREAMS:
        assert spec.max_age_s >= 30 * 86_400
        assert spec.duplicate_window_s >= 3_600
