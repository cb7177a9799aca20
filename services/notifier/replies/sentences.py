"""What the gateway sends back to whoever replied: short, plain, Chinese. Pure."""

from __future__ import annotations

from typing import Any, Final

from services.notifier.replies.grammar import SAID, Verb

HELP: Final = (
    "没有看懂。请回复：签收 回执码；退回 回执码 应办单位 理由；联系 回执码 方式；办结 回执码 情况。"
)
UNKNOWN: Final = "回执码不对，或不是发给本号码的。请核对通知里的回执码。"
TOO_MANY: Final = "回执码错误次数过多，请一小时后再试，或登录系统办理。"
EXPIRED: Final = "回执码已过期，请登录系统办理，或使用最新通知里的回执码。"
NO_UNIT: Final = "退回须写明应由哪个单位办理，例如：退回 {code} 市政所 不属本单位职责。"
NO_NOTE: Final = "办结须写明办理情况，例如：办结 {code} 已清运并回访。"
NOT_THERE: Final = "工单 {number} 现在不在您单位名下，不能办理。"
_DONE: Final = {
    Verb.ACCEPT: "工单 {number} 已签收。",
    Verb.CONTACT: "工单 {number} 已登记联系群众（{said}）。",
    Verb.RETURN: "工单 {number} 已退回（{said}）。",
    Verb.HANDLE: "工单 {number} 已办结（{said}），等待回访。",
}
_AGAIN: Final = {
    "accept": "工单 {number} 此前已用此回执码签收。",
    "return": "工单 {number} 已用此回执码退回，回执码不能再用。",
    "handle": "工单 {number} 已用此回执码办结，回执码不能再用。",
}


def done(verb: Verb, number: str, data: dict[str, Any]) -> str:
    """What was done, and which code was understood."""
    code = data.get("reason_code") or data.get("result") or ""
    return _DONE[verb].format(number=number, said=SAID.get(code, ""))


def again(what: str, number: str) -> str:
    """The code was used for this already."""
    return _AGAIN[what].format(number=number)


def refused(number: str, why: str) -> str:
    """The router's own reason, which is written for people."""
    return f"工单 {number} 未能办理：{why}"
