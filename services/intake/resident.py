"""What a resident may read about their own matter, and how often somebody may guess. Pure.

One plain sentence on where it stands and one on what comes next; no unit-internal words, no words of the
complaint (product.md section 4, domain.md E8).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from contracts.ticket import TicketStatus as S
from kit.city_time import CITY_TIME
from kit.errors import DomainError, Kind
from kit.page import Lang

TRIES: Final = 5
"""Wrong tries in `WITHIN`, of one number and from one address (product.md section 4)."""
WITHIN: Final = timedelta(hours=1)
DIGITS: Final = 4
_NETWORK: Final = 64
"""Bits of an IPv6 address that are one household's."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where it stands and what comes next, in two languages."""

    zh: str
    en: str
    next_zh: str
    next_en: str


_LOOKED_AT: Final = Sentence(
    "您的诉求已收到，正在确定由哪个单位办理。",
    "We have your request and are finding out who will handle it.",
    "确定承办单位后会立即转办，请留意来电。",
    "It goes to the responsible office as soon as that is known; they will call you.",
)
_AT_WORK: Final = Sentence(
    "承办单位正在办理。",
    "The responsible office is working on it.",
    "办完后会有工作人员打电话问您是否解决。",
    "When it is done, somebody will call and ask you whether it is solved.",
)
_BEING_SORTED: Final = Sentence(
    "正在核实由哪个单位负责，办理时限照常计算。",
    "It is being settled which office is responsible; the time limit goes on running.",
    "明确后由负责的单位与您联系。",
    "The office that is responsible will then contact you.",
)
_ASKED: Final = Sentence(
    "承办单位表示已经办完，正在向您回访核实。",
    "The office says it is done; we are about to ask you whether it is.",
    "请留意回访电话；如没有解决，请如实说明，会重新办理。",
    "Please answer the call; if it is not solved, say so and it will be taken up again.",
)
SENTENCES: Final[Mapping[S, Sentence]] = {
    S.RECEIVED: _LOOKED_AT,
    S.TRIAGE: _LOOKED_AT,
    S.DISPATCHED: Sentence(
        "已转给承办单位，等待对方接收。",
        "It has been sent to the responsible office, which has to confirm it.",
        "承办单位接收后会与您联系。",
        "The office will contact you after confirming.",
    ),
    S.ACCEPTED: Sentence(
        "承办单位已接收。",
        "The responsible office has confirmed it.",
        "承办单位会尽快与您联系。",
        "The office will contact you soon.",
    ),
    S.IN_PROGRESS: _AT_WORK,
    S.RETURNED: _BEING_SORTED,
    S.ARBITRATION: _BEING_SORTED,
    S.ON_HOLD: Sentence(
        "目前条件还不具备，经批准暂缓办理。",
        "It cannot be done yet and has been put off with approval.",
        "到期会重新核查；条件具备后继续办理。",
        "It is looked at again on a set date and goes on when it can.",
    ),
    S.HANDLED: _ASKED,
    S.CALLBACK: _ASKED,
    S.CLOSED: Sentence(
        "本件已结案。",
        "The matter is closed.",
        "如问题仍在，请拨打 12345 并报编号，可以重新办理。",
        "If the problem is still there, call 12345 with the number; it can be taken up again.",
    ),
    S.DECLINED: Sentence(
        "本件不属于受理范围，未予受理。",
        "The matter could not be accepted here.",
        "原因和可以找的部门已告知；如有疑问请拨打 12345。",
        "You were told why and where to turn; if in doubt, call 12345.",
    ),
    S.MERGED: _AT_WORK,
    S.WITHDRAWN: Sentence(
        "本件已按您的要求撤回。",
        "The matter was withdrawn at your request.",
        "如不是您本人的意思，请拨打 12345。",
        "If that was not your wish, call 12345.",
    ),
}
"""Every state; `merged` only where the ticket under which the work goes on is not known yet."""
STEPS: Final[Mapping[S, int]] = {
    S.RECEIVED: 0, S.TRIAGE: 0, S.RETURNED: 0, S.ARBITRATION: 0, S.DISPATCHED: 1, S.ACCEPTED: 1,
    S.IN_PROGRESS: 2, S.ON_HOLD: 2, S.MERGED: 2, S.HANDLED: 3, S.CALLBACK: 3, S.CLOSED: 4,
}  # fmt: skip
"""How far it has come: received, with the office, being worked on, being asked, closed; none for what ended early."""
_TOGETHER: Final = {
    "zh": "与其他居民反映的同一问题一并办理：",
    "en": "Handled together with the same problem reported by others: ",
}


@dataclass(frozen=True, slots=True)
class View:
    """What the page tells: state of the work, whether it is somebody else's ticket, and since when."""

    number: str
    status: S
    together: bool
    since: datetime

    @property
    def step(self) -> int | None:
        """How far it has come, from 0; None for what ended before its end."""
        return STEPS.get(self.status)

    def tell(self, lang: Lang) -> dict[str, str]:
        """The whole answer: number, `state`, `next`, `since`."""
        said = SENTENCES[self.status]
        state, following = (said.en, said.next_en) if lang == "en" else (said.zh, said.next_zh)
        return {
            "number": self.number,
            "state": (_TOGETHER[lang] if self.together else "") + state,
            "next": following,
            "since": self.since.astimezone(CITY_TIME).isoformat(timespec="minutes"),
        }


def wait(tries: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long until another try, given the wrong ones so far; None when one may be made now."""
    recent = recent_of(tries, now)
    if len(recent) < TRIES:
        return None
    return recent[-TRIES] + WITHIN - now


def recent_of(tries: Sequence[datetime], now: datetime) -> list[datetime]:
    """The tries that still count, oldest first."""
    return sorted(one for one in tries if now - WITHIN < one)


def digits_of(said: str) -> str | None:
    """The four digits somebody typed, however their keyboard writes them; None when they are not four."""
    plain = unicodedata.normalize("NFKC", said).strip()
    return plain if len(plain) == DIGITS and plain.isascii() and plain.isdigit() else None


def household(address: str) -> str:
    """What of a network address is counted: all of IPv4, the first half of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _NETWORK), strict=False))
    return str(found)


def no_match() -> DomainError:
    """One answer for wrong digits, an unknown number, an anonymous matter, and one from before."""
    return DomainError(
        "no-match",
        Kind.NOT_FOUND,
        zh="编号与手机尾号对不上，或此件不能在网上查询。请核对后再试，或拨打 12345。",
        en="The number and the digits do not match, or it cannot be shown here."
        " Check both, or call 12345.",
    )


def too_many(left: timedelta) -> DomainError:
    """The answer when an hour's tries are used up."""
    return DomainError(
        "too-many-tries",
        Kind.TOO_MANY,
        zh="查询次数过多，请一小时后再试，或拨打 12345。",
        en="Too many tries; try again in an hour, or call 12345.",
        retry_after_s=max(1, int(left.total_seconds()) + 1),
    )


def not_digits() -> DomainError:
    """The answer when what was typed is not four digits."""
    return DomainError(
        "invalid",
        Kind.INVALID,
        field="digits",
        zh="请输入登记手机号的最后四位数字。",
        en="Enter the last four digits of the phone you gave us.",
    )
