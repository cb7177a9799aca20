"""An SMS gateway that hands replies over: what it knows of the product, and how it signs."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from standardwebhooks.webhooks import Webhook

SECRET: Final = "whsec_" + base64.b64encode(b"g" * 32).decode()
CHANNELS: Final = f"""
[channels.chat]
kind = "file"
path = "notices.ndjson"
[channels.sms]
kind = "file"
path = "notices.ndjson"
[replies.gateway]
secret = "{SECRET}"
channels = ["sms"]
"""
"""A channels file with a gateway in it."""


def signed(
    body: str, ident: str, *, secret: str = SECRET, age: timedelta = timedelta(0)
) -> dict[str, str]:
    """The headers of a message, signed so long ago."""
    at = datetime.now(UTC) - age
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(ident, at, body),
        "content-type": "application/json",
    }


def said(phone: str, text: str) -> str:
    """The body of a reply."""
    fields: dict[str, Any] = {"from": phone, "text": text}
    return json.dumps(fields, ensure_ascii=False)
