"""The dossier as a page to be read and printed: no script, nothing from elsewhere, every word escaped. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from kit.city_time import CITY_TIME
from kit.page import Lang, document
from services.notifier.clocks.clock import NOBODY
from services.notifier.reception.dossier_style import STYLE
from services.notifier.reception.dossier_words import CODES, COLUMNS, TITLES, why, words
from services.notifier.reception.rung_words import rung

Part = Mapping[str, Any]


class Page:
    """One dossier in one language for one reader, named on it; `name_of` is what people call a unit."""

    def __init__(self, lang: Lang, name_of: Callable[[str], str], reader: str) -> None:
        self._reader = reader
        self._lang = lang
        self._name_of: Callable[[str], str] = lambda unit: "" if unit == NOBODY else name_of(unit)

    def render(self, dossier: Part, pictures: Mapping[str, str]) -> str:
        """The page; `pictures` are the `data:` addresses of those the reader may see."""
        parts = (
            self._matter(dossier), self._score(dossier["item"]), self._words(dossier),
            self._holders(dossier["holders"]), self._clocks(dossier["clocks"]),
            self._timeline(dossier["timeline"]), self._escalations(dossier["escalations"]),
            self._whistles(dossier["whistles"]), self._callbacks(dossier["callbacks"]),
            self._photos(dossier["photos"], pictures), self._legacy(dossier["legacy"]),
            self._earlier(dossier["earlier"]), self._decisions(dossier["decisions"]),
            f"{self._head('notes')}<div class=\"lines\"></div>",
        )  # fmt: skip
        title = f"{self._title('title')} {dossier['item']['number']}"
        made = f"{self._title('made')} {_e(self._when(dossier['made_at']))}"
        reader = f"{self._title('reader')} {_e(self._reader)}"
        head = f"<h1>{_e(title)}</h1><p>{made} · {reader}</p>"
        return document(self._lang, title, STYLE, f"{head}{''.join(parts)}")

    def _matter(self, dossier: Part) -> str:
        item, ticket = dossier["item"], dossier["ticket"] or {}
        facts = {
            "number": item["number"],
            "unit": self._name_of(item["unit"]),
            "state": self._code(f"status.{ticket['status']}") if ticket else None,
            "received_at": self._when(item["received_at"]),
            "round": item["round"],
            "area": item["area"],
            "category": item["category"],
            "address": ticket.get("address"),
            "level": f"{self._code(item['level'])} {self._name_of(item['org'])}",
            "requesters": item["score_parts"]["requesters"],
            "care": f"{self._code(item['care']['kind'])} ({item['care']['by']})"
            if item["care"]
            else None,
        }
        rows = "".join(
            f"<tr><th>{self._column(name)}</th><td>{_e(value)}</td></tr>"
            for name, value in facts.items()
            if value not in {None, ""}
        )
        return f"{self._missing(dossier['missing'])}{self._head('matter')}<table>{rows}</table>"

    def _missing(self, missing: Sequence[Part]) -> str:
        if not missing:
            return ""
        parts = "、".join(self._code(one["part"]) for one in missing)
        said = f"{self._title('missing')}：{parts}。{self._code(missing[0]['why'])}"
        return f'<p class="missing" role="alert">{_e(said)}</p>'

    def _score(self, item: Part) -> str:
        parts = [[self._code(name), points] for name, points in item["score_parts"].items()]
        parts.append([self._title("total"), item["score"]])
        rules = [
            [
                self._code(one["rule"]), self._when(one["at"]), self._names([], one["by"]),
                one["reason"],
            ]
            for one in item["rules"] if one["withdrawn_at"] is None
        ]  # fmt: skip
        return (
            f"{self._head('score')}{self._table(('rule', 'points'), parts)}"
            f"{self._table(('rule', 'at', 'who', 'reason'), rules)}"
        )

    def _words(self, dossier: Part) -> str:
        ticket = dossier["ticket"] or {}
        said = "\n".join(filter(None, (ticket.get("title"), ticket.get("text"))))
        return self._text("words", said) + self._text("receipt", dossier["receipt"])

    def _holders(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._name_of(row["unit"]), self._when(row["from"]),
                self._when(row["to"]) if row["to"] else self._title("now"),
                f"{row['seconds'] / 86_400:.1f}", f"{row['share']:.0%}",
            ]
            for row in rows
        ]  # fmt: skip
        return self._list("holders", ("unit", "from", "to", "days", "share"), shown)

    def _clocks(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._code(row["kind"]), row["round"], self._name_of(row["unit"]),
                self._code(row["state"]), self._when(row["due_at"]),
                "；".join(map(self._when, row["earlier_due"])), row["sentence"],
            ]
            for row in rows
        ]  # fmt: skip
        columns = ("kind", "round", "unit", "state", "due_at", "earlier_due", "why")
        return self._list("clocks", columns, shown)

    def _timeline(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._when(row["at"]), self._code(row["what"]), self._names(row["units"], row["actor"]),
                why(row.get("rule") or "", row["reason"] or "", self._lang),
            ]
            for row in rows
        ]  # fmt: skip
        return self._list("timeline", ("at", "what", "who", "reason"), shown)

    def _escalations(self, rows: Sequence[Part]) -> str:
        who, lang = self._names, self._lang
        shown = [
            [self._when(row["at"]), row["level"], who(row["recipients"]), rung(row["reason"], lang)]
            for row in rows
        ]
        return self._list("escalations", ("at", "level", "who", "why"), shown)

    def _whistles(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._code(row["kind"]), self._name_of(call["unit"]), self._code(call["state"]),
                self._when(call["due_at"]), self._when(call["checked_in_at"]),
                self._when(call["arrived_at"]), self._when(call["done_at"]),
                call["result"] or call["reason"],
            ]
            for row in rows
            for call in row["units"]
        ]  # fmt: skip
        columns = ("kind", "unit", "state", "due_at", "checked_in", "arrived", "done", "result")
        return self._list("whistles", columns, shown)

    def _callbacks(self, rows: Sequence[Part]) -> str:
        known = ("contacted", "solved", "satisfied", "attempts", "follower")
        shown = [
            [
                self._when(row["at"]), row["round"],
                "；".join(f"{self._code(n)}：{self._code(row[n])}" for n in known if n in row),
                row["reason"],
            ]
            for row in rows
        ]  # fmt: skip
        return self._list("callbacks", ("at", "round", "result", "reason"), shown)

    def _photos(self, files: Sequence[Part], pictures: Mapping[str, str]) -> str:
        shown = []
        for file in files:
            ident = file["attachment_id"]
            said = " ".join(filter(None, (self._when(file.get("taken_at")), ident)))
            picture = pictures.get(ident)
            image = f'<img src="{_e(picture)}" alt="{_e(ident)}">' if picture else ""
            shown.append(f"<figure>{image}<figcaption>{_e(said)}</figcaption></figure>")
        return self._head("photos") + ("".join(shown) or self._none())

    def _legacy(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._when(one["at"]), f"{self._code(one['path'])}／{self._code(one['way'])}",
                "；".join(
                    f"{self._code(name)}：{one[name]}"
                    for name in ("plan", "cause", "steps", "explanation")
                    if one[name]
                ),
                self._when(one["review_at"]), self._code(one["outcome"] or ""),
            ]
            for row in rows
            for one in row["reviews"]
        ]  # fmt: skip
        return self._list("legacy", ("at", "kind", "reason", "review_at", "result"), shown)

    def _earlier(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._when(row["queued_at"]), row["number"], self._code(row["why"]),
                self._code(row["rule"]), self._name_of(row["org"]), self._when(row["closed_at"]),
            ]
            for row in rows
        ]  # fmt: skip
        return self._list("earlier", ("at", "number", "why", "rule", "unit", "to"), shown)

    def _decisions(self, rows: Sequence[Part]) -> str:
        shown = [
            [
                self._when(row["decided_at"]), row["number"], self._code(row["kind"]),
                self._name_of(row["owner"]), row["text"], self._code(row["state"]),
                self._when(row.get("due_at")),
            ]
            for row in rows
        ]  # fmt: skip
        names = ("at", "number", "kind", "unit", "reason", "state", "due_at")
        return self._list("decisions", names, shown)

    def _text(self, name: str, said: str | None) -> str:
        return self._head(name) + (f'<p class="words">{_e(said)}</p>' if said else self._none())

    def _list(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
        return self._head(name) + (self._table(columns, rows) if rows else self._none())

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        head = "".join(f"<th>{self._column(one)}</th>" for one in columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{_e(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _names(self, units: Sequence[str], actor: str | None = None) -> str:
        by = self._title("system") if actor and actor.startswith("system:") else actor
        return "、".join([*filter(None, map(self._name_of, units)), *([by] if by else [])])

    def _head(self, name: str) -> str:
        return f"<h2>{self._title(name)}</h2>"

    def _none(self) -> str:
        return f"<p>{self._title('none')}</p>"

    def _title(self, name: str) -> str:
        return words(TITLES, name, self._lang)

    def _column(self, name: str) -> str:
        return words(COLUMNS, name, self._lang)

    def _code(self, code: object) -> str:
        return words(CODES, code, self._lang)

    def _when(self, at: str | None) -> str:
        return f"{datetime.fromisoformat(at).astimezone(CITY_TIME):%Y-%m-%d %H:%M}" if at else ""


def _e(value: object) -> str:
    return "" if value is None else escape(str(value))
