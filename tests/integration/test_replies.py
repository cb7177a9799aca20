"""Short replies on a real PostgreSQL: a gateway's message through the notifier's door to the router's ticket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from kit.auth import TokenVerifier
from kit.clock import business_now
from kit.db import Pool, create_pool, transaction
from kit.edge import Edge
from kit.http import Shared
from services.notifier.api import make_app
from services.notifier.asking import Asking
from services.notifier.directory import PARTS, Directory, Holder
from services.notifier.replies import codes, store_replies
from services.notifier.replies.code import CodeFor
from services.notifier.replies.door import RouterDoor
from services.notifier.replies.gateway import Gateway
from services.notifier.replying import WRONG_MOST, ReplyDesk
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, PUBLIC, Desk, opened
from tests.support.gateway import SECRET, said, signed
from tests.support.servers import PASSWORD, Database

NEXT: Final = "whsec_" + base64.b64encode(b"h" * 32).decode()
PHONE: Final = "13800000001"
OTHER: Final = "13900000002"


@dataclass(slots=True)
class Phones:
    """Both services on one database, and somebody with a telephone."""

    pool: Pool
    desk: Desk
    http: httpx.AsyncClient
    door: httpx.AsyncClient
    sent: int = 0
    dead: list[bool] = field(default_factory=list)

    async def code(
        self, ticket_id: str, unit: str, *, phone: str = PHONE, channel: str = "sms"
    ) -> str:
        """A code for the leader of a unit, as a notice would carry it."""
        number = (await self.desk.ticket(ticket_id))["number"]
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            one = CodeFor(
                ticket_id=UUID(ticket_id), number=number, unit=unit, person=f"P-{unit}-L",
                channel=channel, address=phone, at=now, due_at=now + timedelta(hours=4),
            )  # fmt: skip
            return (await codes.issue(conn, [one]))[0]

    async def post(
        self,
        text: str,
        *,
        phone: str = PHONE,
        secret: str = SECRET,
        ident: str | None = None,
        age_s: float = 0,
    ) -> httpx.Response:
        """A gateway's signed message."""
        self.sent += 1
        ident = ident or f"msg_{self.sent}"
        body = said(phone, text)
        headers = signed(body, ident, secret=secret, age=timedelta(seconds=age_s))
        return await self.http.post("/v1/replies", content=body.encode(), headers=headers)

    async def say(self, text: str, **how: Any) -> dict[str, str]:
        """The same, answered 200; the answer."""
        answer = await self.post(text, **how)
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found

    async def audits(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(actor, action, detail) of the notifier's audit, oldest first."""
        rows = await self.pool.fetch("select actor, action, detail from audit order by audit_id")
        return [(row["actor"], row["action"], row["detail"]) for row in rows]


def notifier_directory() -> Directory:
    """The small district as the notifier builds it."""
    tables = small.tables()
    rows = {name: [row.model_dump(mode="json") for row in tables.get(name, ())] for name in PARTS}
    return Directory.of(1, rows)


@asynccontextmanager
async def both(
    pool: Pool, desk: Desk, gateways: tuple[Gateway, ...] | None = None
) -> AsyncIterator[Phones]:
    holder = Holder()
    holder.use(notifier_directory())
    gateways = gateways or (Gateway("sms-gateway", frozenset({"sms"}), (SECRET, NEXT)),)
    transport = desk.http._transport
    token = desk.token("replies")
    async with httpx.AsyncClient(
        transport=transport, base_url="http://router", headers=token
    ) as door:
        replies = ReplyDesk(pool, holder, gateways, RouterDoor(door))
        shared = Shared("notifier", pool, TokenVerifier(PUBLIC), {})
        app = Edge(
            make_app(
                shared,
                people=pool,
                holder=holder,
                relay=desk.office.relay,
                asking=Asking(door),
                replies=replies,
            )
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://notifier"
        ) as http:
            yield Phones(pool, desk, http, door)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def phones(router_pool: Pool, pool: Pool, database: Database) -> AsyncIterator[Phones]:
    async with opened(router_pool, database.dsn()) as desk, both(pool, desk) as found:
        yield found


async def test_a_ticket_is_signed_for_contacted_and_closed_by_replies(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    signed = await phones.say(f"签收 {code}")
    assert signed["outcome"] == "done"
    assert "已签收" in signed["answer"]
    ticket = await phones.desk.ticket(ticket_id)
    assert ticket["status"] == "accepted"
    line = ticket["history"][-1]
    assert (line["event"], line["actor"], line["detail"]["via"]) == (
        "accepted",
        "P-GT-1-L",
        "reply",
    )
    early = await phones.say(f"办结 {code} 已清运")
    assert early["outcome"] == "refused"
    assert "未能办理" in early["answer"]
    assert (await phones.say(f"联系 {code} 上门\a\r\n"))["outcome"] == "done"
    assert (await phones.say(f"办结 {code}"))["outcome"] == "no_note"
    closed = await phones.say(f"\uff13 {code.lower()}，垃圾已清运")
    assert closed["outcome"] == "done"
    assert "已解决" in closed["answer"]
    assert (await phones.desk.ticket(ticket_id))["status"] == "callback"
    again = await phones.say(f"签收 {code}")
    assert again["outcome"] == "used"
    assert "不能再用" in again["answer"]


async def test_a_ticket_is_returned_with_whom_it_should_go_to(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    assert (await phones.say(f"退回 {code} 不是我们的"))["outcome"] == "no_unit"
    returned = await phones.say(f"退回 {code} 金桂物业的事")
    assert returned["outcome"] == "done"
    assert "不属本单位职责" in returned["answer"]
    ticket = await phones.desk.ticket(ticket_id)
    assert ticket["status"] == "returned"
    detail = ticket["history"][-1]["detail"]
    assert (detail["suggested"], detail["reason_code"]) == ("WY-1", "not_our_duty")
    assert (await phones.say(f"签收 {code}"))["outcome"] == "used"


async def test_the_router_records_the_person_and_how_they_were_known(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    await phones.say(f"签收 {code}")
    row = await phones.desk.pool.fetchrow(
        "select actor, detail from audit where action = 'ticket.accept'"
    )
    assert row is not None
    assert (row["actor"], row["detail"]["via"]) == ("P-GT-1-L", "reply")
    (actor, action, detail) = (await phones.audits())[-1]
    assert (actor, action, detail["outcome"]) == ("P-GT-1-L", "reply.accept", "done")
    everything = json.dumps(await phones.audits(), ensure_ascii=False)
    assert PHONE not in everything
    assert code not in everything


@pytest.mark.parametrize("copies", [2, 6])
async def test_the_same_message_acts_once_however_often_it_comes(
    copies: int, phones: Phones
) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    asked = [phones.say(f"签收 {code}", ident="msg_same") for _ in range(copies)]
    answers = await asyncio.gather(*asked)
    answers.append(await phones.say(f"签收 {code}", ident="msg_same"))
    assert {answer["outcome"] for answer in answers} == {"done"}
    history = (await phones.desk.ticket(ticket_id))["history"]
    assert [line["event"] for line in history].count("accepted") == 1
    assert len(await phones.audits()) == 1


async def test_a_message_id_is_not_used_for_two_messages(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    await phones.say("好的", ident="msg_same")
    answer = await phones.post(f"签收 {code}", ident="msg_same")
    assert (answer.status_code, answer.json()["title"]) == (409, "message-reused")
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"


async def test_only_a_known_gateway_is_heard_and_only_in_time(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    foreign = "whsec_" + base64.b64encode(b"f" * 32).decode()
    for how in ({"secret": foreign}, {"age_s": 400.0}, {"age_s": -400.0}, {"ident": "a.b"}):
        arguments: dict[str, Any] = how
        answer = await phones.post(f"签收 {code}", **arguments)
        assert (answer.status_code, answer.json()["title"]) == (401, "bad-signature")
    bare = await phones.http.post("/v1/replies", json={"from": PHONE, "text": f"签收 {code}"})
    assert bare.status_code == 401
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"
    assert await phones.audits() == []
    assert (await phones.say(f"签收 {code}", secret=NEXT))["outcome"] == "done"


async def test_a_changed_body_breaks_the_signature(phones: Phones) -> None:
    body = said(PHONE, "签收 CFG34K").encode()
    headers = signed(body.decode(), "m")
    for changed in (body.replace(b"CFG34K", b"CFG34M"), body + b" ", b"\xff", b""):
        answer = await phones.http.post("/v1/replies", content=changed, headers=headers)
        assert answer.status_code == 401
    for wrong in ("v1,", "v1", "", "v1,!!!", "v2,abc v1,abc", "v1," + "A" * 44):
        answer = await phones.http.post(
            "/v1/replies", content=body, headers={**headers, "webhook-signature": wrong}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"from": PHONE}, {"text": "x"}, {"from": PHONE, "text": "x", "more": 1}, [],
        {"from": PHONE, "text": ""}, {"from": PHONE, "text": "\ud800"}, {"from": "a\0b", "text": "x"},
    ],
)  # fmt: skip
async def test_a_signed_body_that_is_wrong_is_named(body: Any, phones: Phones) -> None:
    text = json.dumps(body)
    answer = await phones.http.post("/v1/replies", content=text, headers=signed(text, "m"))
    assert answer.status_code == 422
    assert PHONE not in answer.text


async def test_a_code_is_worth_nothing_from_another_address(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    foreign = await phones.say(f"签收 {code}", phone=OTHER)
    unknown = await phones.say("签收 CCCCCC", phone=OTHER)
    assert foreign == unknown, "nobody learns that the code exists"
    assert foreign["outcome"] == "unknown"
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"
    assert (await phones.say(f"签收 {code}", phone=f"+86 {PHONE}"))["outcome"] == "done"


async def test_a_gateway_speaks_only_for_recipients_of_its_channels(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1", channel="chat")
    assert (await phones.say(f"签收 {code}"))["outcome"] == "unknown"
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"


async def test_an_old_code_is_answered_plainly(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    await phones.desk.at(28.01)
    late = await phones.say(f"签收 {code}")
    assert late["outcome"] == "expired"
    assert "已过期" in late["answer"]
    await phones.desk.at(27.9)
    assert (await phones.say(f"签收 {code}"))["outcome"] == "done"
    twice = await phones.say(f"签收 {code}")
    assert twice["outcome"] == "used"
    assert "此前已" in twice["answer"]


async def test_guessing_ends_after_a_few_and_begins_anew_after_an_hour(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    guesses = [phones.say(f"签收 {'C' * 5}{letter}") for letter in "DFGHJKMNPQ"]
    outcomes = [answer["outcome"] for answer in await asyncio.gather(*guesses)]
    assert outcomes.count("unknown") == WRONG_MOST
    assert outcomes.count("too_many") == len(outcomes) - WRONG_MOST
    assert (await phones.say(f"签收 {code}"))["outcome"] == "too_many", "the right one neither"
    assert (await phones.say("好的"))["outcome"] == "unclear"
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"
    await phones.desk.at(1.01)
    assert (await phones.say(f"签收 {code}"))["outcome"] == "done"


async def test_another_persons_guesses_hold_nobody_else_up(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    for _ in range(WRONG_MOST + 1):
        await phones.say("签收 CCCCCC", phone=OTHER)
    assert (await phones.say(f"签收 {code}"))["outcome"] == "done"


async def test_who_no_longer_holds_the_ticket_or_the_post_cannot_act(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    foreign = await phones.code(ticket_id, "SZ")
    answer = await phones.say(f"签收 {foreign}")
    assert answer["outcome"] == "not_there"
    assert "不在您单位名下" in answer["answer"]
    async with transaction(phones.pool) as conn:
        now = await business_now(conn)
        one = CodeFor(
            ticket_id=UUID(ticket_id), number="261116000009", unit="GT-1", person="P-SZ-L",
            channel="sms", address=PHONE, at=now, due_at=None,
        )  # fmt: skip
        (stranger,) = await codes.issue(conn, [one])
    answer = await phones.say(f"签收 {stranger}")
    assert answer["outcome"] == "refused"
    assert "不是本单位在岗人员" in answer["answer"]
    assert (await phones.desk.ticket(ticket_id))["status"] == "dispatched"


async def test_while_the_router_is_away_the_gateway_is_asked_to_come_again(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = await phones.desk.file(**LAMP)
    code = await phones.code(ticket_id, "SZ")

    async def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    with monkeypatch.context() as patch:
        patch.setattr(phones.door, "_transport", httpx.MockTransport(away))
        answer = await phones.post(f"签收 {code}", ident="msg_again")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await phones.say(f"签收 {code}", ident="msg_again"))["outcome"] == "done"
    assert (await phones.desk.ticket(ticket_id))["status"] == "accepted"


async def test_an_answer_that_was_lost_is_given_again_and_nothing_is_done_twice(
    phones: Phones,
) -> None:
    """The notifier dies after the router has acted: the gateway's next try finds it done."""
    ticket_id = await phones.desk.file(**GARBAGE)
    code = await phones.code(ticket_id, "GT-1")
    await phones.say(f"签收 {code}", ident="msg_lost")
    await phones.pool.execute("update reply_message set outcome = null, answer = null")
    await phones.pool.execute("update reply_code set signed_at = null")
    assert (await phones.say(f"签收 {code}", ident="msg_lost"))["outcome"] == "done"
    history = (await phones.desk.ticket(ticket_id))["history"]
    assert [line["event"] for line in history].count("accepted") == 1


async def test_the_role_opens_the_four_actions_of_a_reply_alone(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    body = {"command_id": "c", "ticket": ticket_id, "unit": "GT-1", "actor": "P-GT-1-L"}
    http = phones.desk.http

    async def status(path: str, who: str) -> int:
        answer = await http.post(path, json=body, headers=phones.desk.token(who))
        return answer.status_code

    for who in ("service", "unit:GT-1", "dispatcher", "admin"):
        assert await status("/v1/replies/accept", who) == 403
    assert await status("/v1/replies/reassign", "replies") == 404
    assert await status("/v1/replies/show", "replies") == 404
    assert await status(f"/v1/tickets/{ticket_id}/accept", "replies") == 403
    listed = await http.get("/v1/tickets", headers=phones.desk.token("replies"))
    assert listed.status_code == 403
    assert await status("/v1/replies/accept", "replies") == 200


async def test_many_codes_at_once_are_all_different(phones: Phones, monkeypatch: Any) -> None:
    """Chance that gives the same code again and again still ends with one for each."""
    few = [f"CCCCC{letter}" for letter in "CDFGHJ"]
    given = iter([few[0]] * 5 + few)
    monkeypatch.setattr(codes, "made", lambda: next(given))
    ticket_id = await phones.desk.file(**GARBAGE)
    first = [await phones.code(ticket_id, "GT-1") for _ in range(3)]
    assert len(set(first)) == 3


async def test_what_is_old_is_forgotten_and_what_lives_is_kept(phones: Phones) -> None:
    ticket_id = await phones.desk.file(**GARBAGE)
    old = await phones.code(ticket_id, "GT-1")
    await phones.say("签收 CCCCCC")
    await phones.desk.at(24 * 40)
    live = await phones.code(ticket_id, "GT-1")
    async with transaction(phones.pool) as conn:
        now = await business_now(conn)
        assert not await store_replies.forget(conn, now - timedelta(days=30), 10)
    assert await phones.pool.fetchval("select count(*) from reply_message") == 0
    assert await phones.pool.fetchval("select count(*) from reply_sender") == 0
    assert (await phones.say(f"签收 {old}"))["outcome"] == "unknown"
    assert (await phones.say(f"签收 {live}"))["outcome"] == "done"
