"""A decision in one line, for people who compare: what was understood, and which rule led where."""

from __future__ import annotations

from services.router.decision.decision import Decision


def why(decision: Decision) -> str:
    """`rule; WY-DT 电梯 (电梯困人); 370105001010006 (金桂名邸); WY-DT/-/- @property`: codes and known words."""
    category, place, found = decision.category_guess, decision.place, decision.duty
    words = f" ({'、'.join(category.words[:3])})" if category.words else ""
    names = f" ({'、'.join(place.names[:3])})" if place.names else ""
    said = [
        decision.reason.value,
        f"{category.code or '?'}{words}",
        f"{place.area or '?'}{names}",
    ]
    if found is not None:
        said.append(f"{'/'.join(part or '-' for part in found.rule)} {found.lead}")
    return "; ".join(said)
