"""What one office may try against another on NATS: rows 24 to 30 of reliability.md D.7, as data.

Each attack is one message, made from an attacker and a victim. What the server may answer is "nobody
there", or that the attacker's own account has no JetStream; any other answer is a leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from contracts.catalog import COMPLAINTS, ESCALATIONS, TICKETS
from contracts.topology import JS_PREFIX

PREFIXES: Final = ("$JS.API", JS_PREFIX, "$JS.hub.API", "JS.API")
"""The server's own, the offices', a domain's, and the server's as somebody might have renamed it."""
CITY_HASH: Final = "nf36thXc"
"""What nats-server makes of the name CITY in the next form of acknowledgements."""
ANYTHING: Final = b'{"batch":1,"no_wait":true}'


@dataclass(frozen=True, slots=True)
class Office:
    """A unit or reader with an account; `ack` is the reply subject of a message it holds."""

    code: str
    area: str
    """Four tokens."""
    reader: bool = False
    ack: str = ""

    @property
    def durable(self) -> str:
        """Its consumer, which is called as its account is."""
        return f"{'reader' if self.reader else 'unit'}_{self.code}"

    @property
    def stream(self) -> str:
        """Where its consumer is."""
        return ESCALATIONS if self.reader else TICKETS

    @property
    def inbox(self) -> str:
        """Where it waits for an answer while it is attacked."""
        return f"_INBOX.victim.{self.code}"


@dataclass(frozen=True, slots=True)
class Attack:
    """One try. `reply` is where the answer shall go instead of to the attacker (row 28)."""

    row: str
    name: str
    subject: str
    data: bytes = b""
    headers: bytes = b""
    reply: str = ""
    own_door: bool = False
    """It goes through what the office may use; the harm would be in the answer or in who gets it."""
    destroys: bool = False


Make = Callable[[Office, Office], Iterator[Attack]]


def attacks(me: Office, other: Office) -> list[Attack]:
    """Everything `me` tries against `other`; what would destroy something comes last."""
    made = [attack for make in MAKERS for attack in make(me, other)]
    return sorted(made, key=lambda attack: attack.destroys)


def fetching(_: Office, other: Office) -> Iterator[Attack]:
    """Another's durable, under every prefix."""
    at = f"{other.stream}.{other.durable}"
    for prefix in PREFIXES:
        yield Attack("d7_24", f"next {prefix}", f"{prefix}.CONSUMER.MSG.NEXT.{at}", ANYTHING)
        yield Attack("d7_24", f"info {prefix}", f"{prefix}.CONSUMER.INFO.{at}")


def administering(me: Office, other: Office) -> Iterator[Attack]:
    """Streams and consumers of the city."""
    stream = other.stream
    consumer = f"{stream}.{other.durable}"
    config = b'{"stream_name":"%s","config":{"durable_name":"%s","ack_policy":"explicit"}}'
    create = config % (stream.encode(), other.durable.encode())
    mine = config % (stream.encode(), b"stolen")
    for prefix in PREFIXES[:2]:
        for verb, data, destroys in (
            (f"CONSUMER.CREATE.{stream}.stolen", mine, False),
            (f"CONSUMER.CREATE.{stream}.stolen.ticket.*.{other.code}.>", mine, False),
            (f"CONSUMER.CREATE.{stream}", mine, False),
            (f"CONSUMER.DURABLE.CREATE.{consumer}", create, False),
            (f"CONSUMER.NAMES.{stream}", b"", False),
            (f"CONSUMER.LIST.{stream}", b"", False),
            (f"CONSUMER.PAUSE.{consumer}", b'{"pause_until":"2030-01-01T00:00:00Z"}', True),
            (f"CONSUMER.RESET.{consumer}", b"", True),
            (f"CONSUMER.DELETE.{consumer}", b"", True),
            ("INFO", b"", False),
            ("STREAM.NAMES", b"", False),
            ("STREAM.LIST", b"", False),
            (f"STREAM.INFO.{stream}", b"", False),
            (f"STREAM.MSG.GET.{stream}", b'{"seq":1}', False),
            (f"DIRECT.GET.{stream}", b'{"seq":1}', False),
            (f"DIRECT.GET.{stream}.ticket.dispatched.{other.code}.{other.area}", b"", False),
            ("STREAM.CREATE.STOLEN", b'{"name":"STOLEN","sources":[{"name":"TICKETS"}]}', False),
            (f"STREAM.SNAPSHOT.{stream}", b'{"deliver_subject":"_INBOX.stolen"}', False),
            (f"STREAM.UPDATE.{stream}", b'{"name":"TICKETS","subjects":["x"]}', True),
            (f"STREAM.MSG.DELETE.{stream}", b'{"seq":1}', True),
            (f"STREAM.PURGE.{stream}", b"", True),
            (f"STREAM.RESTORE.{stream}", b'{"config":{"name":"TICKETS"}}', True),
            (f"STREAM.DELETE.{stream}", b"", True),
        ):
            name = f"{prefix} {_nameless(verb, me, other)}"
            yield Attack("d7_26", name, f"{prefix}.{verb}", data, destroys=destroys)


def spying(_: Office, other: Office) -> Iterator[Attack]:
    """The server's own account, about another's."""
    for question in ("CONNZ", "STATZ", "INFO", "JSZ", "SUBSZ"):
        subject = f"$SYS.REQ.ACCOUNT.{other.durable}.{question}"
        yield Attack("d7_25", f"account {question}", subject)
    for question in ("VARZ", "ACCOUNTZ", "SUBSZ", "JSZ"):
        yield Attack("d7_25", f"server {question}", f"$SYS.REQ.SERVER.PING.{question}")
    about = b'{"acc":"%s","auth":true,"subscriptions":true}' % other.durable.encode()
    for subject in ("$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"):
        yield Attack("d7_25", f"connections {subject}", subject, about, own_door=True)


def publishing(me: Office, other: Office) -> Iterator[Attack]:
    """What only services may say, and what is another's."""
    for subject in (
        f"ticket.handled.{other.code}.{other.area}",
        f"ticket.handled.{me.code}.{me.area}",
        f"clock.breached.{other.code}.{other.area}",
        f"complaint.received.{other.area}",
        f"escalation.raised.1.{other.area}",
        "directory.published",
        "_INBOX_router.x",
        f"{other.inbox}.published",
        f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{other.stream}.{other.durable}",
        f"cmd.show.{other.code}",
        f"cmd.accept.{other.code}",
        f"cmd.accept.{me.code}.{other.code}",
    ):
        name = _nameless(subject, me, other)
        yield Attack("d7_27", f"publish {name}", subject, b"{}")


def pointing(me: Office, other: Office) -> Iterator[Attack]:
    """A pull of one's own whose answer shall go where one may not publish: the server as a deputy."""
    own = f"{JS_PREFIX}.CONSUMER.MSG.NEXT.{me.stream}.{me.durable}"
    for reply in (
        f"ticket.returned.{other.code}.{other.area}",
        f"complaint.withdrawn.{other.area}",
        f"{other.inbox}.pulled",
        f"cmd.contact.{other.code}",
        f"{other.ack}1",
        f"$JS.API.CONSUMER.DELETE.{COMPLAINTS}.{other.durable}",
        f"$JS.API.STREAM.PURGE.{COMPLAINTS}",
    ):
        place = ".".join(_nameless(reply, me, other).split(".")[:3])
        yield Attack("d7_28", f"pull to {place}", own, ANYTHING, reply=reply, own_door=True)


def forging(me: Office, other: Office) -> Iterator[Attack]:
    """Acknowledgements of a message another office holds, also hidden behind one's own wildcards."""
    mine, theirs = f"{me.stream}.{me.durable}", f"{other.stream}.{other.durable}"
    numbers = other.ack.removeprefix(f"$JS.ACK.{theirs}.")
    short = ".".join(numbers.split(".")[:3])
    for form, subject in (
        ("plain", other.ack),
        ("next form", f"$JS.ACK._.{CITY_HASH}.{theirs}.{numbers}"),
        ("mine behind theirs", f"$JS.ACK.{theirs}.{mine}.{short}"),
        ("theirs behind mine", f"$JS.ACK.{mine}.{theirs}.{numbers}"),
    ):
        for word in (b"+NXT", b"+WPI", b"-NAK", b"+TERM", b"+ACK"):
            kind = word.decode()
            yield Attack("d7_29", f"{kind} {form}", subject, word, destroys=kind in DONE_WITH)


def redirecting(me: Office, other: Office) -> Iterator[Attack]:
    """Headers that ask whoever handles a message to send something elsewhere."""
    for name in ("reply_to", "Nats-Trace-Dest"):
        headers = f"{name}: {other.inbox}.{name}".encode()
        own = f"cmd.show.{me.code}"
        yield Attack("d7_30", f"header {name}", own, b"{}", headers=headers, own_door=True)


def _nameless(subject: str, me: Office, other: Office) -> str:
    """The same name for every pair."""
    for word, short in ((other.code, "B"), (me.code, "A"), (other.area, "AREA")):
        subject = subject.replace(word, short)
    return subject


DONE_WITH: Final = ("+TERM", "+ACK")
MAKERS: Final[tuple[Make, ...]] = (
    fetching, forging, spying, publishing, pointing, redirecting, administering,
)  # fmt: skip
