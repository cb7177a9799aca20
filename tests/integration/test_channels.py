"""Channels against a real HTTP server that fails in every way: the right word for each fault, in time."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from contracts.complaint import Urgency
from services.notifier.channels.by_apprise import AppriseChannel
from services.notifier.channels.guard import Guard, Resolve
from services.notifier.channels.to_file import FileChannel
from services.notifier.channels.webhook import Destination, SignedWebhook
from services.notifier.notices.channel import Channel, ChannelError, Message
from tests.support import channel_server as does
from tests.support.channel_server import ChannelServer, channel_server, ticking

OLD: Final = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW: Final = "whsec_" + base64.b64encode(b"n" * 32).decode()
MESSAGE: Final = Message(
    subject="新派工单",
    body="261123000001 已派给您单位，请签收。",
    urgency=Urgency.URGENT,
    message_id="msg_1",
    data={"cause": "dispatched", "number": "261123000001", "unit": "SZ"},
)
NAME: Final = "hooks.example.gov.cn"
TIMEOUT_S: Final = 0.6
BLOCKED_S: Final = 0.4
"""A call that held the event loop until its time-out would show as more."""
KINDS: Final = pytest.mark.parametrize("kind", ["webhook", "apprise"])


@pytest.fixture
async def server() -> AsyncIterator[ChannelServer]:
    async with channel_server() as running:
        yield running


def names(*answers: Sequence[str]) -> Resolve:
    """A name server: the first answer, then the next, the last for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        assert (host, port > 0) == (NAME, True)
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def opened(kind: str, server: ChannelServer, guard: Guard | None = None, host: str = "") -> Channel:
    guard = guard or Guard(allow_private=True)
    place = f"{host or '127.0.0.1'}:{server.port}"
    if kind == "apprise":
        url = f"json://{place}/notify/{{address}}"
        return AppriseChannel("out", url, timeout_s=TIMEOUT_S, guard=guard)
    where = Destination(f"http://{place}/notify", ("http",), timeout_s=TIMEOUT_S)
    return SignedWebhook("out", where, (NEW, OLD), guard)


async def refused(channel: Channel, address: str = "P0001") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await channel.send(address, MESSAGE)
    assert NAME not in str(caught.value)
    return caught.value


@KINDS
async def test_a_message_that_is_taken(kind: str, server: ChannelServer) -> None:
    await opened(kind, server).send("P0001", MESSAGE)
    (taken,) = server.taken
    assert taken.method == "POST"
    if kind == "apprise":
        assert taken.path == "/notify/P0001"
        assert taken.json()["message"] == MESSAGE.body
        assert taken.json()["title"] == MESSAGE.subject


FAULTS: Final[dict[str, tuple[Any, str, bool, float | None]]] = {
    "500": (does.status(500), "http_500", True, None),
    "503 later": (does.status(503, retry_after="7"), "http_503", True, 7.0),
    "429 later": (does.status(429, retry_after="120"), "http_429", True, 120.0),
    "429 for a year": (does.status(429, retry_after="31536000"), "http_429", True, 86_400.0),
    "429 nonsense": (does.status(429, retry_after="soon"), "http_429", True, None),
    "401": (does.status(401), "http_401", True, None),
    "404": (does.status(404), "http_404", True, None),
    "400": (does.status(400), "http_400", False, None),
    "422": (does.status(422), "http_422", False, None),
    "410": (does.status(410), "gone", False, None),
    "hang": (does.hang, "timeout", True, None),
    "slow": (does.slowly(0.2), "timeout", True, None),
}


@KINDS
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_is_told_in_time_and_holds_nothing_up(
    kind: str, fault: str, server: ChannelServer
) -> None:
    behaviour, reason, retryable, retry_after_s = FAULTS[fault]
    channel = opened(kind, server)
    server.tell(behaviour)
    began = time.monotonic()
    async with ticking() as late:
        error = await refused(channel)
    assert (error.reason, error.retryable) == (reason, retryable)
    assert error.retry_after_s == retry_after_s
    assert time.monotonic() - began < TIMEOUT_S + 1
    assert max(late, default=0.0) < BLOCKED_S, "the event loop stood still"


@KINDS
async def test_a_broken_connection_is_tried_again_later(kind: str, server: ChannelServer) -> None:
    server.tell(does.reset)
    error = await refused(opened(kind, server))
    assert error.retryable
    assert error.reason in {"connection_lost", "unreachable"}


@KINDS
async def test_nobody_listens(kind: str, server: ChannelServer) -> None:
    port, server.port = server.port, 1
    error = await refused(opened(kind, server))
    assert (error.reason, error.retryable) == ("unreachable", True)
    server.port = port


@KINDS
async def test_a_redirect_is_not_followed(kind: str, server: ChannelServer) -> None:
    async with channel_server() as inside:
        server.tell(does.redirect(f"{inside.url}/secret"))
        error = await refused(opened(kind, server))
        assert (error.reason, error.retryable) == ("redirected", False)
        assert inside.taken == []
    assert len(server.taken) == 1


@KINDS
async def test_a_huge_answer_is_not_read(kind: str, server: ChannelServer) -> None:
    server.tell(does.huge)
    began = time.monotonic()
    await opened(kind, server).send("P0001", MESSAGE)
    assert time.monotonic() - began < TIMEOUT_S


@KINDS
async def test_after_failures_the_same_message_is_taken_under_the_same_id(
    kind: str, server: ChannelServer
) -> None:
    channel = opened(kind, server)
    server.tell(does.status(500), does.status(500), does.OK)
    for _ in range(2):
        await refused(channel)
    await channel.send("P0001", MESSAGE)
    assert len(server.taken) == 3
    ids = {taken.headers.get("webhook-id") for taken in server.taken}
    assert ids == ({"msg_1"} if kind == "webhook" else {None})


@KINDS
async def test_loopback_is_refused_before_anything_connects(
    kind: str, server: ChannelServer
) -> None:
    error = await refused(opened(kind, server, Guard()))
    assert (error.reason, error.retryable) == ("forbidden_loopback", False)
    guard = Guard(resolve=names(["127.0.0.1"]))
    error = await refused(opened(kind, server, guard, NAME))
    assert (error.reason, error.retryable) == ("forbidden_loopback", False)
    assert server.taken == []


@KINDS
async def test_a_name_is_asked_for_once_and_the_checked_address_is_reached(
    kind: str, server: ChannelServer
) -> None:
    """A name server that changes its answer right after the check (DNS rebinding) gains nothing."""
    guard = Guard(allow_private=True, resolve=names(["127.0.0.1"], ["192.0.2.1"]))
    await opened(kind, server, guard, NAME).send("P0001", MESSAGE)
    assert server.taken[0].headers["host"] == f"{NAME}:{server.port}"
    assert (await refused(opened(kind, server, guard, NAME))).reason == "forbidden_reserved"


@KINDS
async def test_a_proxy_of_the_environment_is_not_used(
    kind: str, server: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with channel_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await opened(kind, server).send("P0001", MESSAGE)
        assert (len(server.taken), proxy.taken) == (1, [])


async def test_the_standards_own_library_verifies_what_was_sent(server: ChannelServer) -> None:
    await opened("webhook", server).send("", MESSAGE)
    (taken,) = server.taken
    for secret in (OLD, NEW):
        body = Webhook(secret).verify(taken.body, taken.headers)
        assert body["type"] == "cn.chuishao.notice.v1"
        assert body["id"] == taken.headers["webhook-id"] == "msg_1"
        assert body["data"] == {**MESSAGE.data, "urgency": "urgent"}
        assert datetime.fromisoformat(body["time"]) > datetime.now(UTC) - timedelta(minutes=1)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(taken.body.replace(b"SZ", b"GD"), taken.headers)
    foreign = "whsec_" + base64.b64encode(b"f" * 32).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(taken.body, taken.headers)
    assert MESSAGE.body not in json.dumps(taken.json(), ensure_ascii=False)


async def test_d7_37_what_was_not_sent_just_so_and_just_now_is_refused(
    server: ChannelServer,
) -> None:
    """D.7 #37: old, from the future, under another id, reordered, spaced out; a repeat has the same id."""
    channel = opened("webhook", server)
    await channel.send("", MESSAGE)
    await channel.send("", MESSAGE)
    first, again = server.taken
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    body, headers = first.body, dict(first.headers)
    assert Webhook(NEW).verify(body, headers)
    at = int(headers["webhook-timestamp"])
    turned = dict(reversed(json.loads(body).items()))
    for wrong, other in (
        (body, {"webhook-timestamp": str(at - 301)}),
        (body, {"webhook-timestamp": str(at + 301)}),
        (body, {"webhook-timestamp": "soon"}),
        (body, {"webhook-id": "msg_2"}),
        (body, {"webhook-signature": "v1,AAAA"}),
        (body, {"webhook-signature": ""}),
        (json.dumps(turned, ensure_ascii=False, separators=(",", ":")).encode(), {}),
        (json.dumps(json.loads(body)).encode(), {}),
        (body + b" ", {}),
        (b"", {}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(wrong, headers | other)


async def test_a_recipients_own_address_is_held_to_the_list(server: ChannelServer) -> None:
    where = Destination("{address}", ("http",), ("127.0.0.1",), TIMEOUT_S)
    channel = SignedWebhook("out", where, (NEW,), Guard(allow_private=True))
    await channel.send(f"{server.url}/mine", MESSAGE)
    assert server.taken[0].path == "/mine"
    assert (
        await refused(channel, f"http://127.0.0.2:{server.port}/")
    ).reason == "address_not_listed"
    assert (await refused(channel, f"https://127.0.0.1:{server.port}/")).reason == "address_scheme"
    assert (await refused(channel, "http://a:b@127.0.0.1/")).reason == "address_credentials"


@pytest.mark.parametrize(
    "address", ["a/../b", "a?redirect=yes", "a,b", "a b", "", "a@b/c", "x" * 129]
)
async def test_a_recipient_cannot_rewrite_an_apprise_address(
    address: str, server: ChannelServer
) -> None:
    error = await refused(opened("apprise", server), address)
    assert (error.reason, error.retryable) == ("address_characters", False)
    assert server.taken == []


ROBOTS: Final[dict[str, tuple[type, str, bytes, bytes]]] = {
    "wecombot": (NotifyWeComBot, "errcode", b'{"errcode":45009}', b'{"errcode":0,"errmsg":"ok"}'),
    "feishu": (NotifyFeishu, "code", b'{"code":11232}', b'{"code":0}'),
}


@pytest.mark.parametrize("robot", ROBOTS)
async def test_a_robot_that_refuses_under_200_has_not_taken_it(
    robot: str, server: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, _, no, yes = ROBOTS[robot]
    monkeypatch.setattr(
        plugin,
        "notify_url",
        f"{server.url}/robot/{{key}}{{token}}".replace(
            "{key}{token}", "{key}" if robot == "wecombot" else "{token}"
        ),
    )
    channel = AppriseChannel("out", f"{robot}://abc-def", guard=Guard(allow_private=True))
    server.tell(does.status(200, no), does.status(200, yes))
    error = await refused(channel)
    assert (error.reason, error.retryable) == (
        f"robot_{''.join(filter(str.isdigit, no.decode()))}",
        True,
    )
    await channel.send("P0001", MESSAGE)
    assert len(server.taken) == 2


async def test_many_that_hang_leave_the_loop_and_other_channels_alone(
    server: ChannelServer,
) -> None:
    hanging = opened("apprise", server)
    server.tell(does.hang)
    async with ticking() as late, channel_server() as other:
        well = opened("webhook", other)
        stuck = [asyncio.create_task(refused(hanging)) for _ in range(12)]
        await well.send("", MESSAGE)
        assert not any(task.done() for task in stuck)
        errors = await asyncio.gather(*stuck)
    assert {error.reason for error in errors} == {"timeout"}
    assert max(late) < BLOCKED_S


async def test_apprise_writes_no_log_line(
    server: ChannelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.tell(does.status(500))
    await refused(opened("apprise", server), "13800000000")
    assert "13800000000" not in caplog.text
    assert "apprise" not in {record.name for record in caplog.records}


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for a name, trusted by whoever reads the file, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return chain, context


@KINDS
@pytest.mark.parametrize("held_by", [NAME, "somebody.example.com"])
async def test_tls_asks_for_the_name_and_is_checked_against_it(
    kind: str, held_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, context = certificate(tmp_path, held_by)
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(chain))
    guard = Guard(allow_private=True, resolve=names(["127.0.0.1"]))
    async with channel_server(context) as server:
        place = f"{NAME}:{server.port}/notify"
        channel: Channel = (
            AppriseChannel("out", f"jsons://{place}", guard=guard)
            if kind == "apprise"
            else SignedWebhook("out", Destination(f"https://{place}"), (NEW,), guard)
        )
        if held_by == NAME:
            await channel.send("", MESSAGE) if kind == "webhook" else await channel.send(
                "P", MESSAGE
            )
            assert server.taken[0].headers["host"] == f"{NAME}:{server.port}"
        else:
            assert (await refused(channel)).reason == "unreachable"
            assert server.taken == []
    assert set(asked) == {NAME}


async def test_a_file_holds_one_line_a_message_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "notices.ndjson"
    channel = FileChannel("chat", path)
    await asyncio.gather(*(channel.send(f"P{n}", MESSAGE) for n in range(20)))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {line["address"] for line in lines} == {f"P{n}" for n in range(20)}
    assert lines[0]["body"] == MESSAGE.body
    assert path.stat().st_mode & 0o777 == 0o600
    gone = FileChannel("chat", tmp_path / "missing" / "x")
    assert (await refused(gone)).reason == "file_not_written"
