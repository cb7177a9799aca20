"""The dossier speaks Chinese first: no code of ours stands in it where a word should (domain.md D7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from contracts.clock import ClockKind
from contracts.escalation import DecisionKind, EntryRule, ReceptionLevel
from contracts.ticket import TicketStatus
from services.notifier.reception.dossier_words import CODES, REASONS, Pair, why
from services.notifier.reception.rung_words import rung
from services.router.decision.decision import RoutingReason
from services.router.receptions import REASON


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (CODES, [f"status.{status}" for status in TicketStatus]),
        (CODES, [*ClockKind, *DecisionKind, *EntryRule, *ReceptionLevel]),
        (REASONS, [*RoutingReason, REASON]),
    ],
)
def test_every_code_has_words(table: Mapping[str, Pair], codes: Collection[str]) -> None:
    assert [code for code in map(str, codes) if code not in table] == []


def test_what_people_wrote_is_shown_as_it_is() -> None:
    assert why("manual", "群众反复反映", "zh") == "人工报送 群众反复反映"
    assert why("", "rule", "zh") == "按派单目录"


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        ("result@80%", "办结用时过 80%", "result: 80% of its time gone"),
        ("sign_for@due", "签收到期", "sign for: due"),
        ("result@due+1wd", "办结到期后 1 个工作日", "result: 1 working d after due"),
        ("dispatch@start+15m", "派单起算后 15 分钟", "dispatch: 15 min after begun"),
        ("因故", "因故", "因故"),
    ],
)
def test_a_rung_is_said_in_words(reason: str, zh: str, en: str) -> None:
    assert (rung(reason, "zh"), rung(reason, "en")) == (zh, en)
