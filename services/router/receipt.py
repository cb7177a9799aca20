"""The routing receipt: what a decision rests on, as JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.router.decision import Decision

FORM: Final = 1


def of(decision: Decision) -> dict[str, Any]:
    """What was read, which rule held, what was passed over, and the versions behind it."""
    place, category, found = decision.place, decision.category_guess, decision.duty
    return {
        "form": FORM,
        "directory_version": decision.directory_version,
        "outcome": "triage" if decision.triage else "dispatch",
        "reason": decision.reason.value,
        "unit": decision.unit,
        "post": decision.post,
        "place": {
            "area": place.area,
            "score": place.score,
            "names": place.names,
            "runners_up": place.runners_up,
            "near_border": place.near_border,
            "owner": place.owner,
        },
        "category": {
            "code": category.code,
            "score": category.score,
            "words": category.words,
            "best": [{"code": code, "weight": weight} for code, weight in category.best],
        },
        "duty": None
        if found is None
        else {
            "unit": found.unit,
            "lead": found.lead,
            "rule": {
                "category": found.rule[0],
                "area": found.rule[1],
                "compound_type": found.rule[2],
            },
            "source": found.source,
            "profile": found.profile,
            "skipped": found.skipped,
        },
    }
