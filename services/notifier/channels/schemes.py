"""Which addresses of apprise 2.2 a city may use, and what is special about them. Pure."""

from __future__ import annotations

from typing import Final

ADDRESS: Final = "{address}"
"""Stands for the recipient in a channel's address."""
SECRET: Final = "{secret}"  # noqa: S105 - a place in an address, not a secret
"""Stands for the channel's secret."""

FIXED: Final = ("wecombot", "wechat", "dingtalk", "feishu", "lark", "twilio", "vonage")
"""Schemes that go to their maker's own host, whatever the address says."""
OWN_HOST: Final = (
    "json", "jsons", "form", "forms", "smseagle", "smseagles", "mailto", "mailtos",
)  # fmt: skip
"""Schemes that take a host from the city's file; a recipient's address never gets there."""
SCHEMES: Final = (*FIXED, *OWN_HOST)
"""Every other scheme of apprise is refused: some start programs, write files or listen."""
CODE_FIELD: Final = {"wecombot": "errcode", "dingtalk": "errcode", "feishu": "code", "lark": "code"}
"""Robots whose refusals apprise 2.2 takes for success, because they come with a status of 200, and the
member of their answer that is not 0 then."""


def scheme_of(url: str) -> str:
    """The scheme of an apprise address, lower case."""
    return url.partition("://")[0].lower()
