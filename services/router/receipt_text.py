"""A receipt in plain words: where, what, who and by which rule, what nearly held, who answers. Pure.

Five to ten short lines for somebody who has never seen the catalogue; codes come with their names
(product.md section 2; domain.md E2, E16). The JSON says the same to programs (receipt.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.router.areas import CITY
from services.router.categorising import GIVEN
from services.router.conflict import TIES, Conflict
from services.router.directory import ANY
from services.router.duty import OWNER
from services.router.labels import Labels
from services.router.phrases import LEADS, PHRASES, TYPES, URGENCIES
from services.router.receipt import FORM

Part = Mapping[str, Any]
MISSES_TOLD: Final = 2
"""Two tell what nearly happened; all eight are in the JSON."""


def receipt_text(receipt: Part, names: Labels) -> str:
    """The lines, joined; in the language of `names`."""
    say = _Teller(names)
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


class _Teller:
    """Tells in one language, with the names of one directory."""

    def __init__(self, names: Labels) -> None:
        self._names = names
        self._n = int(names.english)

    def phrase(self, key: str, **values: object) -> str:
        """A sentence of the table."""
        return PHRASES[key][self._n].format(**values)

    def where(self, receipt: Part) -> str:
        place = receipt["place"]
        owner = self._names.unit(place["owner"]) if place["owner"] else None
        if place["area"] is None:
            return (
                self.phrase("where_owner_only", owner=owner)
                if owner
                else self.phrase("where_unknown")
            )
        if place["names"] == [GIVEN]:
            how = self.phrase("place_given")
        else:
            how = self.phrase("place_read", names=self._quoted(dict.fromkeys(place["names"])))
        if place["runners_up"]:
            readings = self._list(self._names.area(code) for code in place["runners_up"])
            how += self.phrase("place_several", readings=readings)
        told = self.phrase("where", area=self._names.area(place["area"]), how=how)
        return self._sentences(told, self._owner(receipt["duty"], owner)) if owner else told

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
            how += self.phrase("category_next", next=self._names.category(others[0]))
        return self.phrase(
            "what",
            category=self._names.category(category["code"]),
            how=how,
            urgency=URGENCIES[receipt["urgency"]][self._n],
        )

    def _read(self, category: Part) -> str:
        words, share = self._quoted(category["words"]), round(category["score"] * 100)
        if words:
            key = "category_read" if category["sure"] else "category_read_unsure"
        else:
            key = "category_sure" if category["sure"] else "category_unsure"
        return self.phrase(key, words=words, share=share)

    def who(self, receipt: Part) -> str:
        unit = self._names.unit(receipt["unit"])
        if receipt["outcome"] == "triage":
            return self.phrase("triaged", unit=unit, why=self.phrase(_why(receipt)))
        assists = self._list(self._names.unit(code) for code in receipt["assists"])
        said = [self.phrase("assisted" if assists else "dispatched", unit=unit, assists=assists)]
        if receipt["duty"]["unit"] != receipt["unit"]:
            obliged = self._names.unit(receipt["duty"]["unit"])
            said.append(self.phrase("stands_in", unit=obliged, deputy=unit))
        if receipt["coordinator"]:
            said.append(self.phrase("coordinates"))
        return self._sentences(*said)

    def rule(self, receipt: Part) -> str:
        duty = receipt["duty"]
        if duty is None or duty["rule"] is None:
            return ""
        rule, lead = self._rule(duty["rule"]), self._lead(duty["lead"])
        if receipt["outcome"] == "triage":
            if duty["rule"]["category"] == ANY:
                return ""
            if duty["lead"] in LEADS:
                lead = self.phrase("lead_is", lead=lead, unit=self._names.unit(duty["unit"]))
            return self.phrase("rule_in_doubt", rule=rule, lead=lead)
        key = "rule_sourced" if duty["source"] else "rule"
        return self.phrase(key, source=duty["source"], rule=rule, lead=lead)

    def misses(self, duty: Part | None) -> str:
        found = [
            self.phrase(
                f"miss_{miss['why']}",
                rule=self._rule(miss["rule"]),
                lead=self._lead(miss["lead"]),
            )
            for miss in (duty["near_misses"] if duty else ())[:MISSES_TOLD]
        ]
        return self.phrase("misses", misses=self._joined(found)) if found else ""

    def ties(self, conflicts: Part) -> str:
        if conflicts["accused"] is None:
            return ""
        accused = self._names.unit(conflicts["accused"])
        ties = list(self._ties(conflicts["checked"]))
        if not ties:
            return self.phrase("untied", accused=accused)
        return self.phrase("tied", accused=accused, ties=self._joined(ties))

    def _ties(self, checked: Iterable[Part]) -> Iterator[str]:
        for one in checked:
            if one["tie"]:
                words = TIES[Conflict(one["tie"])][self._n]
                unit = self._names.unit(one["unit"])
                yield f"{unit} {words}" if self._n else f"{unit}{words}"

    def answers(self, receipt: Part) -> str:
        post, unit = receipt["post"], receipt["unit"]
        if post is None:
            return self.phrase("answers_nobody", unit=self._names.unit(unit))
        told = {
            "post": self._names.role(unit, post["role"]),
            "way": self.phrase(f"way_{post['way']}")
            + (self.phrase("waits") if post["waits"] else ""),
        }
        notes = [
            self.phrase(f"note_{note['why']}", post=self._noted(note, unit))
            for note in post["notes"]
        ]
        if not notes:
            return self.phrase("answers", **told)
        return self.phrase("answers_noted", notes=self._joined(notes), **told)

    def others(self, receipt: Part) -> str:
        if receipt["outcome"] != "triage" or not receipt["alternatives"]:
            return ""
        return self.phrase("others", others=self._list(map(self._other, receipt["alternatives"])))

    def _other(self, one: Part) -> str:
        return self.phrase(
            f"other_{one['why']}",
            unit=self._names.unit(one["unit"]),
            category=self._names.category(one["category"]) if one["category"] else "",
            area=self._names.area(one["area"]) if one["area"] else "",
        )

    def versions(self, receipt: Part) -> str:
        versions = receipt["versions"]
        model = versions["model"]
        at = datetime.fromisoformat(receipt["inputs"]["decided_at"]).astimezone(CITY)
        return self.phrase(
            "versions",
            directory=versions["directory"],
            model=self.phrase("model", model=model) if model else self.phrase("model_none"),
            form=versions["form"],
            at=f"{at:%Y-%m-%d %H:%M}",
        )

    def _rule(self, rule: Part) -> str:
        category, area, kind = rule["category"], rule["area"], rule["compound_type"]
        said = self.phrase("rule_any") if category == ANY else self._names.category(category)
        scopes = [self._names.area(area)] if area else []
        scopes += [TYPES[kind][self._n]] if kind else []
        scope = self.phrase("scope", scope=self._list(scopes)) if scopes else ""
        return self.phrase("rule_name", category=said, scope=scope)

    def _lead(self, lead: str) -> str:
        return LEADS[lead][self._n] if lead in LEADS else self._names.unit(lead)

    def _noted(self, note: Part, unit: str) -> str:
        code = note["code"]
        return self._names.unit(code) if note["why"] == "nobody" else self._names.post(code, unit)

    def _sentences(self, *told: str) -> str:
        return (" " if self._n else "").join(told)

    def _quoted(self, words: Iterable[str]) -> str:
        quoted = [f"“{word}”" for word in words]
        return ", ".join(quoted) if self._n else "".join(quoted)

    def _list(self, parts: Iterable[str]) -> str:
        return (", " if self._n else "、").join(parts)

    def _joined(self, parts: Sequence[str]) -> str:
        return ("; " if self._n else "；").join(parts)


def _why(receipt: Part) -> str:
    """Which sentence says why a person must look."""
    weak = receipt["reason"] == "category_unsure" and len(receipt["category"]["best"]) == 1
    return "why_category_weak" if weak else f"why_{receipt['reason']}"
