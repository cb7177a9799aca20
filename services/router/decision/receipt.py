"""The routing receipt: what a decision rests on, as JSON whose bytes a replay must reach again. Pure.

Keys are sorted and figures rounded before it is stored as text (services/router/decision/replay.py replays it,
services/router/decision/receipt_text.py says it in plain words).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from services.router.category.keywords import ENOUGH, MARGIN
from services.router.decision import inputs
from services.router.decision.alternatives import alternatives
from services.router.decision.categorising import GIVEN
from services.router.decision.conflict import conflicts
from services.router.decision.near_misses import near_misses

if TYPE_CHECKING:
    from services.router.category.keywords import CategoryGuess
    from services.router.decision.answering import Answer
    from services.router.decision.decision import Decision
    from services.router.directory.rulebook import RuleKey
    from services.router.place.gazetteer import PlaceGuess

FORM: Final = 2
DIGITS: Final = 3


def of(decision: Decision) -> dict[str, Any]:
    """What was used, what held, what was passed over and why, and the versions behind it."""
    return {
        "outcome": "triage" if decision.triage else "dispatch",
        "reason": decision.reason.value,
        "unit": decision.unit,
        "assists": list(decision.assists),
        "coordinator": decision.coordinator,
        "urgency": decision.urgency.value,
        "post": post(decision.answer),
        "inputs": inputs.of(decision.complaint, decision.at),
        "place": _place(decision.place),
        "category": _category(decision.category_guess),
        "duty": _duty(decision),
        "conflicts": _conflicts(decision),
        "alternatives": [
            {
                "unit": one.unit,
                "category": one.category,
                "area": one.area,
                "why": one.why.value,
                "score": one.score,
            }
            for one in alternatives(decision)
        ],
        "versions": {
            "directory": decision.directory_version,
            "model": decision.model_version,
            "form": FORM,
        },
    }


def dump(receipt: dict[str, Any]) -> str:
    """The text that is stored and compared: keys sorted, no spaces."""
    return orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS).decode()


def _place(place: PlaceGuess) -> dict[str, Any]:
    return {
        "area": place.area,
        "score": round(place.score, DIGITS),
        "by": place.by,
        "names": [] if place.by == GIVEN else list(place.names),
        "runners_up": list(place.runners_up),
        "near_border": place.near_border,
        "contradicted": list(place.contradicted),
        "datum": place.datum,
        "owner": place.owner,
    }


def _category(category: CategoryGuess) -> dict[str, Any]:
    """`model` is there only where a model was asked, so that older receipts replay as they are."""
    block: dict[str, Any] = {
        "code": category.code,
        "sure": category.sure,
        "score": round(category.score, DIGITS),
        "by": category.by,
        "words": [] if category.by == GIVEN else list(category.words),
        "best": [{"code": code, "weight": round(weight, DIGITS)} for code, weight in category.best],
        "threshold": {"weight": ENOUGH, "times_the_second": MARGIN},
    }
    said = category.model
    if said is not None:
        block["model"] = {
            "version": said.version,
            "sure": said.sure,
            "threshold": round(said.threshold, DIGITS),
            "best": [{"code": code, "score": round(score, DIGITS)} for code, score in said.best],
        }
    return block


def _duty(decision: Decision) -> dict[str, Any] | None:
    """Which rule held; only its near misses where none led to anybody, null where none was asked."""
    found, said, category = decision.duty, decision.said, decision.category
    if said is None or category is None:
        return None
    misses = near_misses(decision.directory, category, decision.area, said, found)
    return {
        "unit": found.unit if found else None,
        "assists": list(found.assists) if found else [],
        "lead": found.lead if found else None,
        "rule": rule(found.rule) if found else None,
        "source": found.source if found else None,
        "profile": found.profile if found else None,
        "near_misses": [
            {"rule": rule(miss.rule), "lead": miss.lead, "why": miss.why.value} for miss in misses
        ],
    }


def rule(key: RuleKey) -> dict[str, str | None]:
    """A row of the catalogue."""
    category, area, compound_type = key
    return {"category": category, "area": area, "compound_type": compound_type}


def post(answer: Answer | None) -> dict[str, Any] | None:
    """The post and its role, never the person: receipts are read by others too."""
    if answer is None:
        return None
    return {
        "post": answer.post,
        "role": answer.role,
        "way": answer.way.value,
        "waits": answer.waits,
        "notes": [{"code": note.code, "why": note.why.value} for note in answer.notes],
    }


def _conflicts(decision: Decision) -> dict[str, Any]:
    """The party complained about, and every unit that was looked at for ties to it."""
    accused, duty = decision.complaint.accused, decision.duty
    units = [decision.unit, *((duty.unit, *duty.assists) if duty else ())] if accused else []
    checked = {
        unit: conflicts(decision.directory, unit, accused, decision.area, decision.at)
        for unit in dict.fromkeys(units)
    }
    return {
        "accused": accused,
        "checked": [
            {"unit": unit, "tie": tie.value if tie else None} for unit, tie in checked.items()
        ],
    }
