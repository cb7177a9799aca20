"""Who may hand replies over: gateways that sign them after Standard Webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

_ID: Final = re.compile(r"[!-\-/-~]{1,128}")
"""Visible ASCII without a full stop, which parts the signed text."""
_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway, the channels whose recipients it may speak for, and its secrets, old and new."""

    name: str
    channels: frozenset[str]
    secrets: tuple[str, ...]

    def signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """True when one of the secrets signed exactly these bytes within the last five minutes."""
        wanted = {name: headers.get(name, "") for name in _HEADERS}
        return any(_signed(secret, body, wanted) for secret in self.secrets)


def sender(gateways: Iterable[Gateway], body: bytes, headers: Mapping[str, str]) -> Gateway | None:
    """The gateway that signed a message; None where nobody known did."""
    if not _ID.fullmatch(headers.get("webhook-id", "")):
        return None
    return next((one for one in gateways if one.signed(body, headers)), None)


def _signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
