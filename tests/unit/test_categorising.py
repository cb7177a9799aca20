"""Code, keywords, model: who is believed, and when a person must say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from contracts.directory import Category
from kit.errors import DomainError
from services.router.category.keywords import CategoryGuess, ModelSaid
from services.router.category.model import Model
from services.router.decision import receipt as receipts
from services.router.decision.categorising import agreed, category_of
from services.router.decision.decision import RoutingReason
from services.router.decision.matching import decide
from services.router.decision.replay import replay
from services.router.publishing.teaching import codes
from tests.support import lessons, small
from tests.support.small import MONDAY, complaint


def heard(code: str | None, *, sure: bool) -> CategoryGuess:
    best = ((code, 3.0),) if code else ()
    return CategoryGuess(code, sure=sure, score=0.9, best=best, words=("词",) if code else ())


def said(code: str | None, *, sure: bool) -> ModelSaid:
    best = ((code, 0.97), ("QT", 0.02)) if code else ()
    return ModelSaid(3, 0.95, best, sure)


@pytest.mark.parametrize(
    ("words", "words_sure", "model", "model_sure", "code", "sure", "by"),
    [
        ("WY-DT", True, "WY-DT", True, "WY-DT", True, "words"),
        ("WY-DT", True, "LJ-DF", True, "WY-DT", False, "words"),
        ("WY-DT", True, "LJ-DF", False, "WY-DT", True, "words"),
        ("WY-DT", False, "LJ-DF", True, "LJ-DF", True, "model"),
        ("WY-DT", False, "LJ-DF", False, "LJ-DF", False, "model"),
        (None, False, "LJ-DF", True, "LJ-DF", True, "model"),
        (None, False, "LJ-DF", False, "LJ-DF", False, "model"),
        (None, False, None, False, None, False, "words"),
        ("WY-DT", False, None, False, "WY-DT", False, "words"),
        ("WY-DT", True, None, False, "WY-DT", True, "words"),
        ("WY-DT", True, "WY", True, "WY-DT", True, "words"),
        ("WY", True, "WY-DT", True, "WY-DT", True, "model"),
    ],
)
def test_keywords_and_model_together(  # noqa: PLR0913, PLR0917 - one row of the table
    words: str | None, words_sure: bool, model: str | None, model_sure: bool,  # noqa: FBT001
    code: str | None, sure: bool, by: str,  # noqa: FBT001
) -> None:  # fmt: skip
    told = said(model, sure=model_sure)
    found = agreed(heard(words, sure=words_sure), told, small.directory())
    assert (found.code, found.sure, found.by) == (code, sure, by)
    assert found.model == told


def test_where_both_are_sure_and_differ_both_are_guesses() -> None:
    found = agreed(heard("WY-DT", sure=True), said("LJ-DF", sure=True), small.directory())
    assert found.best == (("WY-DT", 0.9), ("LJ-DF", 0.97))


def test_a_code_the_filer_gave_is_believed_and_no_model_asked() -> None:
    found = category_of(complaint("电梯", category="LJ-DF"), small.directory(), lessons.model(2))
    assert (found.code, found.sure, found.by, found.model) == ("LJ-DF", True, "given", None)


def test_a_category_the_directory_no_longer_has_is_not_dispatched_by() -> None:
    rows: list[Category] = small.tables()["categories"]
    fewer = small.directory(categories=[row for row in rows if row.code != "SZ-LD"])
    found = category_of(complaint("夜里一片黑，巷口没有照明"), fewer, lessons.model(1, 0.0))
    assert found.code != "SZ-LD"
    assert not found.sure


def decided(text: str, model: Model | None, **more: Any) -> dict[str, Any]:
    one = complaint(text, address="金桂苑", **more)
    return decide(one, small.directory(), MONDAY, model).receipt


DARK = "夜里一片黑，巷口没有照明"


def test_the_model_dispatches_above_its_threshold_what_no_keyword_names() -> None:
    receipt = decided(DARK, lessons.model(5, 0.6))
    assert (receipt["reason"], receipt["unit"]) == (RoutingReason.RULE.value, "SZ")
    assert receipt["versions"]["model"] == 5
    block = receipt["category"]
    assert (block["code"], block["by"], block["words"]) == ("SZ-LD", "model", [])
    assert (block["model"]["version"], block["model"]["threshold"]) == (5, 0.6)
    assert block["score"] == block["model"]["best"][0]["score"] >= 0.6


def test_below_it_a_person_chooses_among_three() -> None:
    receipt = decided(DARK, lessons.model(5, 2.0))
    assert (receipt["reason"], receipt["unit"]) == ("category_unsure", "DESK")
    assert receipt["category"]["best"][0]["code"] == "SZ-LD"
    assert len(receipt["category"]["model"]["best"]) == 3


def test_without_a_model_it_is_as_ever() -> None:
    receipt = decided(DARK, None)
    assert receipt["reason"] == "category_unknown"
    assert receipt["versions"]["model"] is None
    assert "model" not in receipt["category"]


def test_a_receipt_with_a_model_replays_to_the_same_bytes_with_that_model_only() -> None:
    one, model = complaint(DARK, address="金桂苑"), lessons.model(5, 0.6)
    kept = receipts.dump(decide(one, small.directory(), MONDAY, model).receipt)
    row = {
        "ticket_id": one.complaint_id, "number": one.number, "title": None, "body": one.text,
        "address": one.address, "confidential": False, "received_at": MONDAY,
    }  # fmt: skip
    document = orjson.loads(kept)
    assert replay(row, document, small.directory(), model) == kept
    for other in (None, replace(model, version=6), replace(model, threshold=0.61)):
        assert replay(row, document, small.directory(), other) != kept


def test_labels_are_codes_or_names_that_one_category_has() -> None:
    rows = small.tables()["categories"]
    assert codes(["电梯故障", "LJ-DF"], rows) == ("WY-DT", "LJ-DF")
    with pytest.raises(DomainError) as refused:
        codes(["电梯故障", "城乡建设", "交通运输"], rows)
    assert "城乡建设、交通运输" in refused.value.zh
    twice = [*rows, Category(code="X", name="电梯故障")]
    for labels, known in ((["电梯故障"], twice), (["电梯故障", "WY-DT"], rows)):
        with pytest.raises(DomainError):
            codes(labels, known)
