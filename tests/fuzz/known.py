"""What exists in a running product, so that made-up requests get past 404: made once, listed again and again."""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx

from contracts.command import REPLY_ACTIONS, TICKET_ACTIONS
from contracts.directory import PARTS
from kit.auth import REPLIES
from tests.support.world import World, person_of, until

LAMP: Final[dict[str, Any]] = {"address": "清潭街12号", "title": "路灯不亮"}
CALLER: Final[dict[str, Any]] = {"requester": {"name": "王小明", "phone": "138 0000 4321"}}
LISTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "tickets": ("router", "/v1/tickets", "ticket_id"),
    "numbers": ("router", "/v1/tickets", "number"),
    "issues": ("router", "/v1/issues", "issue_id"),
    "whistles": ("router", "/v1/whistles", "whistle_id"),
    "items": ("notifier", "/v1/reception/queue?org=JD-WYS", "item_id"),
    "sessions": ("notifier", "/v1/reception/sessions?org=JD-WYS", "session_id"),
    "decisions": ("notifier", "/v1/reception/decisions", "decision_id"),
    "legacy": ("notifier", "/v1/reception/legacy", "legacy_id"),
    "escalations": ("notifier", "/v1/escalations", "escalation_id"),
    "notices": ("notifier", "/v1/notices", "notice_id"),
    "exclusions": ("notifier", "/v1/rates/exclusions", "exclusion_id"),
    "campaigns": ("notifier", "/v1/rates/campaigns", "campaign_id"),
}
"""What can be listed: where, and which field names it."""
PATHS: Final[Sequence[tuple[str, str]]] = (
    ("/v1/complaints/", "tickets"), ("/v1/tickets/", "tickets"), ("/v1/issues/", "issues"),
    ("/v1/whistles/", "whistles"), ("/v1/reception/sessions/", "sessions"),
    ("/v1/reception/decisions/", "decisions"), ("/v1/reception/legacy/", "legacy"),
    ("/v1/escalations/", "escalations"), ("/v1/notices/", "notices"),
    ("/v1/rates/exclusions/", "exclusions"), ("/v1/rates/reports/campaigns/", "campaigns"),
)  # fmt: skip
"""What `{ident}` names where an address begins so."""
ACTIONS: Final[Mapping[str, Sequence[str]]] = {
    "/v1/tickets/": TICKET_ACTIONS,
    "/v1/whistles/": (
        "issue",
        "refuse",
        "seen",
        "check-in",
        "arrive",
        "done",
        "decline",
        "resolve",
        "rate",
        "cancel",
    ),
    "/v1/replies/": REPLY_ACTIONS,
}
"""What `{action}` may be where an address begins so."""
UNITS: Final = ("SZ", "CG-ZF", "SQ-001", "JD-WYS", "GT-001")
AREAS: Final = ("370105001008", "370105001008001", "370105001", "370105")
WORDS: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(("unit", "units", "owner", "accused", "blower"), UNITS),
    **dict.fromkeys(("area", "grid_code", "address_id"), AREAS),
    "digits": ("4321",), "org": ("JD-WYS", "SQ-001", "QX-TQ"), "desk": ("DESK",), "chair": ("JD-WYS-SJ",),
    "part": tuple(PARTS), "form": ("json", "xml"), "week": ("2026-W10", "2026-W47"), "version": ("1",),
    "from": ("2026-03-01T00:00:00+08:00", "2026-03-02"), "to": ("2026-03-20T00:00:00+08:00", "2026-03-10"),
}  # fmt: skip
"""Codes of the sample district, by the name of the field that takes them."""
LISTED: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(("ticket", "into", "service_request_id"), ("tickets", "numbers")),
    **dict.fromkeys(("item", "items", "off"), ("items",)),
    **dict.fromkeys(("person", "actor"), ("people",)),
    "number": ("numbers",), "token": ("tickets",), "whistle": ("whistles",), "whistle_id": ("whistles",),
    "category": ("categories",), "service_code": ("categories",), "code": ("categories",),
    "attachments": ("files",), "proof": ("files",),
}  # fmt: skip
"""Which lists hold what such a field takes."""
HOLDERS: Final[Mapping[str, Sequence[str]]] = {
    "unit": ("unit:SZ", "unit:CG-ZF", "unit:SQ-001"),
    "secretary": ("secretary:JD-WYS", "secretary:SQ-001", "secretary:QX-TQ"),
}
"""Of roles that are held for a unit: whose tokens are used."""
PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one dot."""


@dataclass(slots=True)
class Place:
    """A running product as another process may be told of it."""

    addresses: dict[str, str]
    tokens: dict[str, tuple[str, ...]]
    """By role."""
    partner: str
    """The api_key of the sample partner."""
    kept: dict[str, list[str]] = field(default_factory=dict)
    """What exists, by the name of its list."""

    @classmethod
    def of(cls, world: World) -> Place:
        """Everybody's tokens."""
        own: dict[str, str] = world.info["tokens"]
        tokens: dict[str, tuple[str, ...]] = {
            name: (token,) for name, token in own.items() if ":" not in name
        }
        tokens |= {role: tuple(own[who] for who in whose) for role, whose in HOLDERS.items()}
        tokens["service"] = (world.signed("service:router", "service"),)
        tokens[REPLIES] = (world.signed("service:notifier", REPLIES),)
        services = ("intake", "router", "notifier", "console")
        addresses = {service: world.info[service] for service in services}
        people = ["P0007", "P0019", *(person_of(unit) for unit in ("SZ", "CG-ZF"))]
        return cls(addresses, tokens, own["open311"], {"people": people})

    def look(self) -> None:
        """List what exists now; what a list does not show any more stays known."""
        headers = {"Authorization": f"Bearer {self.tokens['admin'][0]}"}
        with httpx.Client(headers=headers, timeout=20) as client:
            for name, (service, path, ident) in LISTS.items():
                found = client.get(self.addresses[service] + path).json().get("items", ())
                known = self.kept.setdefault(name, [])
                known += [one[ident] for one in found if one[ident] not in known]

    def words(self, name: str) -> Sequence[str]:
        """What a field of that name may say; nothing where it may say anything."""
        lists = [one for kept in LISTED.get(name, ()) for one in self.kept.get(kept, ())]
        return lists or WORDS.get(name, ())

    def idents(self, path: str) -> Sequence[str]:
        """What `{ident}` may be in an address."""
        if path.startswith("/v1/attachments/"):
            return self.kept.get("files", ())
        name = next((name for start, name in PATHS if path.startswith(start)), "tickets")
        return self.kept.get(name, ())

    def actions(self, path: str) -> Sequence[str]:
        """What `{action}` may be in an address."""
        return next((words for start, words in ACTIONS.items() if path.startswith(start)), ())

    def settled(self, value: Any, chance: random.Random, name: str = "", *, of_ten: int = 7) -> Any:
        """The value with text in fields that name things replaced, `of_ten` times, by what exists."""
        if isinstance(value, dict):
            return {k: self.settled(v, chance, k, of_ten=of_ten) for k, v in value.items()}
        if isinstance(value, list):
            return [self.settled(one, chance, name, of_ten=of_ten) for one in value]
        words = self.words(name) if isinstance(value, str) else ()
        return chance.choice(words) if words and chance.randrange(10) < of_ten else value


async def furnish(world: World, place: Place) -> None:
    """Make one of everything: tickets in several states, a whistle, a reception, a report, a rung that was raised."""
    place.kept["files"] = files = [await _upload(world, role) for role in ("operator", "unit:SZ")]
    numbers = [
        (await world.file(f"路灯坏了 {words} 天了", **LAMP, **CALLER, attachments=given))["number"]
        for words, given in zip("三四五六七八", [files[:1], *[()] * 5], strict=True)
    ]
    for number in numbers:  # and the notifier knows it
        await world.ticket_when(number, lambda ticket: "sign_for" in ticket["due"])
    await world.act(numbers[0], "accept", role="unit:SZ")
    handled = {"result": "solved", "proof": files[1:], "note": "已更换灯泡"}
    for step, data in (("accept", {}), ("contact", {"result": "phone"}), ("handle", handled)):
        answer = await world.act(numbers[1], step, role="unit:SZ", data=data)
        assert answer.is_success, answer.text
    blown = {"kind": "resident_request", "ticket": numbers[0], "units": ["SZ", "CG-ZF"]}
    await _post(world, "router", "/v1/whistles", "secretary:SQ-001", blown | BLOWN)
    place.kept["sessions"] = [await _receive(world, numbers)]
    begun = {
        "name": "路灯整治",
        "area": "370105001",
        "starts_on": "2026-03-01",
        "ends_on": "2026-04-01",
    }
    await _post(world, "notifier", "/v1/rates/campaigns", "admin", begun)
    found = await world.http.get(f"{world.info['intake']}/open311/v2/services.json")
    place.kept["categories"] = [one["service_code"] for one in found.json()]
    await world.fast_forward(days=2)

    async def climbed() -> bool:
        place.look()
        return bool(place.kept["escalations"])

    await until(climbed, what=lambda: str(place.kept))


BLOWN: Final = {"reason": "several_units", "text": "需要两家一起到场"}


async def _receive(world: World, numbers: Sequence[str]) -> str:
    """A reception that is going on; its id."""
    secretary = "secretary:JD-WYS"
    for number in numbers[2:5]:
        asked = {"ticket": number, "reason": "群众反映强烈"}
        await _post(world, "notifier", "/v1/reception/queue", secretary, asked)
    opened = {
        "ticket": numbers[5], "path": "blocked", "cause": "产权不明", "steps": "已查档案",
        "explanation": "待确权后处理", "review_at": (await world.now() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    await _post(world, "notifier", "/v1/reception/legacy", secretary, opened)
    starts_at = (await world.now() + timedelta(hours=1)).isoformat()
    held = {"org": "JD-WYS", "place": "街道二楼", "starts_at": starts_at}
    session = await _post(world, "notifier", "/v1/reception/sessions", secretary, held)
    item = (await world.queue("JD-WYS"))[0]["item_id"]
    assign = {"kind": "assign", "owner": "CG-ZF", "text": "三个工作日内修好", "limit": "3wd"}
    for step, body in (
        ("schedule", {"items": [item]}),
        ("hear", {"item": item, "form": "site_visit"}),
        ("decide", {"item": item, "decisions": [assign]}),
    ):
        path = f"/v1/reception/sessions/{session['session_id']}/{step}"
        await _post(world, "notifier", path, secretary, body)
    ident: str = session["session_id"]
    return ident


async def _post(world: World, service: str, path: str, role: str, body: dict[str, Any]) -> Any:
    answer = await world.http.post(world.info[service] + path, json=body, headers=world.token(role))
    assert answer.is_success, (path, answer.text)
    return answer.json()


async def _upload(world: World, role: str) -> str:
    service = "intake" if role == "operator" else "router"
    answer = await world.http.post(
        f"{world.info[service]}/v1/attachments",
        content=PICTURE,
        headers=world.token(role) | {"Content-Type": "image/png"},
    )
    assert answer.is_success, answer.text
    ident: str = answer.json()["attachment_id"]
    return ident
