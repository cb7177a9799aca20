"""A receipt in plain words: where, what, who and by which rule, what nearly held, who answers. Pure.

Five to ten short lines for somebody who has never seen the catalogue; codes come with their names
(product.md section 2; domain.md E2, E16). The JSON says the same to programs (receipt.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from kit.city_time import CITY_TIME
from services.router.decision.categorising import GIVEN
from services.router.decision.conflict import TIES, Conflict
from services.router.decision.duty import OWNER
from services.router.decision.labels import Labels
from services.router.decision.phrases import LEADS, URGENCIES
from services.router.decision.receipt import FORM
from services.router.decision.speech import Speech
from services.router.directory.directory import ANY

Part = Mapping[str, Any]
_KNOWN_BY: Final = {
    GIVEN: "place_given",
    "words": "place_read",
    "point": "place_point",
    "words+point": "place_read_and_point",
}
MISSES_TOLD: Final = 2
"""Two tell what nearly happened; all eight are in the JSON."""


def receipt_text(receipt: Part, labels: Labels) -> str:
    """The lines, joined; in the language of `labels`."""
    say = _Teller(labels)
    form = receipt.get("versions", receipt).get("form")
    if form != FORM:
        return say.phrase("other_form", form=form)
    lines = (
        say.where(receipt),
        say.what(receipt),
        say.who(receipt),
        say.rule(receipt),
        say.misses(receipt["duty"]),
        say.ties(receipt["conflicts"]),
        say.answers(receipt),
        say.others(receipt),
        say.versions(receipt),
    )
    return "\n".join(line for line in lines if line)


class _Teller(Speech):
    """One line for each thing people ask."""

    def where(self, receipt: Part) -> str:
        place = receipt["place"]
        owner = self.labels.unit(place["owner"]) if place["owner"] else None
        if place["area"] is None:
            return (
                self.phrase("where_owner_only", owner=owner)
                if owner
                else self.phrase("where_unknown")
            )
        how = self._located(place)
        told = self.phrase("where", area=self.labels.area(place["area"]), how=how)
        return self.sentences(told, self._owner(receipt["duty"], owner)) if owner else told

    def _located(self, place: Part) -> str:
        """What the place was known by, and what speaks against it."""
        names = self.quoted(dict.fromkeys(place["names"]))
        how = self.phrase(_KNOWN_BY[place["by"]], names=names)
        if place["contradicted"]:
            how += self.phrase("place_contradicted", names=self.quoted(place["contradicted"]))
        if place["datum"]:
            how += self.phrase("place_datum", datum=place["datum"].upper())
        if place["runners_up"]:
            readings = self.listed(self.labels.area(code) for code in place["runners_up"])
            how += self.phrase("place_several", readings=readings)
        elif place["near_border"]:
            how += self.phrase("place_near_border")
        return how

    def _owner(self, duty: Part | None, owner: str) -> str:
        """A special owner is said in any case, and whether the rule is for it."""
        if duty is None or duty["lead"] is None:
            return self.phrase("owner", owner=owner)
        answers = duty["lead"] == OWNER
        return self.phrase("owner_answers" if answers else "owner_does_not", owner=owner)

    def what(self, receipt: Part) -> str:
        category = receipt["category"]
        if category["code"] is None:
            return self.phrase("what_unknown")
        how = self.phrase("category_given") if category["by"] == GIVEN else self._read(category)
        others = [one["code"] for one in category["best"] if one["code"] != category["code"]]
        if others:
            how += self.phrase("category_next", next=self.labels.category(others[0]))
        return self.phrase(
            "what",
            category=self.labels.category(category["code"]),
            how=how,
            urgency=URGENCIES[receipt["urgency"]][self.english],
        )

    def _read(self, category: Part) -> str:
        words, share = self.quoted(category["words"]), round(category["score"] * 100)
        if words:
            key = "category_read" if category["sure"] else "category_read_unsure"
        else:
            key = "category_sure" if category["sure"] else "category_unsure"
        return self.phrase(key, words=words, share=share)

    def who(self, receipt: Part) -> str:
        unit = self.labels.unit(receipt["unit"])
        if receipt["outcome"] == "triage":
            return self.phrase("triaged", unit=unit, why=self.phrase(_why(receipt)))
        assists = self.listed(self.labels.unit(code) for code in receipt["assists"])
        said = [self.phrase("assisted" if assists else "dispatched", unit=unit, assists=assists)]
        if receipt["duty"]["unit"] != receipt["unit"]:
            obliged = self.labels.unit(receipt["duty"]["unit"])
            said.append(self.phrase("stands_in", unit=obliged, deputy=unit))
        if receipt["coordinator"]:
            said.append(self.phrase("coordinates"))
        return self.sentences(*said)

    def rule(self, receipt: Part) -> str:
        duty = receipt["duty"]
        if duty is None or duty["rule"] is None:
            return ""
        rule, lead = self.rule_named(duty["rule"]), self.lead_named(duty["lead"])
        if receipt["outcome"] == "triage":
            if duty["rule"]["category"] == ANY:
                return ""
            if duty["lead"] in LEADS:
                lead = self.phrase("lead_is", lead=lead, unit=self.labels.unit(duty["unit"]))
            return self.phrase("rule_in_doubt", rule=rule, lead=lead)
        key = "rule_sourced" if duty["source"] else "rule"
        return self.phrase(key, source=duty["source"], rule=rule, lead=lead)

    def misses(self, duty: Part | None) -> str:
        found = [
            self.phrase(
                f"miss_{miss['why']}",
                rule=self.rule_named(miss["rule"]),
                lead=self.lead_named(miss["lead"]),
            )
            for miss in (duty["near_misses"] if duty else ())[:MISSES_TOLD]
        ]
        return self.phrase("misses", misses=self.joined(found)) if found else ""

    def ties(self, conflicts: Part) -> str:
        if conflicts["accused"] is None:
            return ""
        accused = self.labels.unit(conflicts["accused"])
        ties = list(self._ties(conflicts["checked"]))
        if not ties:
            return self.phrase("untied", accused=accused)
        return self.phrase("tied", accused=accused, ties=self.joined(ties))

    def _ties(self, checked: Iterable[Part]) -> Iterator[str]:
        for one in checked:
            if one["tie"]:
                words = TIES[Conflict(one["tie"])][self.english]
                unit = self.labels.unit(one["unit"])
                yield f"{unit} {words}" if self.english else f"{unit}{words}"

    def answers(self, receipt: Part) -> str:
        post, unit = receipt["post"], receipt["unit"]
        if post is None:
            return self.phrase("answers_nobody", unit=self.labels.unit(unit))
        told = {
            "post": self.labels.role(unit, post["role"]),
            "way": self.phrase(f"way_{post['way']}")
            + (self.phrase("waits") if post["waits"] else ""),
        }
        notes = [
            self.phrase(f"note_{note['why']}", post=self._noted(note, unit))
            for note in post["notes"]
        ]
        if not notes:
            return self.phrase("answers", **told)
        return self.phrase("answers_noted", notes=self.joined(notes), **told)

    def others(self, receipt: Part) -> str:
        if receipt["outcome"] != "triage" or not receipt["alternatives"]:
            return ""
        return self.phrase("others", others=self.listed(map(self._other, receipt["alternatives"])))

    def _other(self, one: Part) -> str:
        return self.phrase(
            f"other_{one['why']}",
            unit=self.labels.unit(one["unit"]),
            category=self.labels.category(one["category"]) if one["category"] else "",
            area=self.labels.area(one["area"]) if one["area"] else "",
        )

    def versions(self, receipt: Part) -> str:
        versions = receipt["versions"]
        model = versions["model"]
        at = datetime.fromisoformat(receipt["inputs"]["decided_at"]).astimezone(CITY_TIME)
        return self.phrase(
            "versions",
            directory=versions["directory"],
            model=self.phrase("model", model=model) if model else self.phrase("model_none"),
            form=versions["form"],
            at=f"{at:%Y-%m-%d %H:%M}",
        )

    def _noted(self, note: Part, unit: str) -> str:
        code = note["code"]
        return self.labels.unit(code) if note["why"] == "nobody" else self.labels.post(code, unit)


def _why(receipt: Part) -> str:
    """Which sentence says why a person must look."""
    weak = receipt["reason"] == "category_unsure" and len(receipt["category"]["best"]) == 1
    return "why_category_weak" if weak else f"why_{receipt['reason']}"
