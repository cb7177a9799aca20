"""Signed webhooks after Standard Webhooks: what the city's own systems are told by.

The body is a CloudEvent without words about people; the signature is over exactly the bytes that are sent.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx
import orjson
from standardwebhooks.webhooks import Webhook

from kit.clock import wall_now
from services.notifier.channels.guard import Guard
from services.notifier.channels.outcome import refusal
from services.notifier.channels.schemes import ADDRESS
from services.notifier.channels.spelling import SpellingError, Target, parse
from services.notifier.notices.channel import ChannelError, Message

TYPE: Final = "cn.chuishao.notice.v1"
SOURCE: Final = "/chuishao/notifier"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a webhook goes and how it is spelt: `url` is an address, or `{address}` for the recipient's own."""

    url: str
    schemes: tuple[str, ...] = ("https",)
    hosts: tuple[str, ...] = ()
    """The only hosts recipients' own addresses may name; empty: any that the guard lets pass."""
    timeout_s: float = 10.0

    def target(self, address: str, *, allow_private: bool) -> Target:
        """The address taken apart. Raises ChannelError."""
        url = address if self.url == ADDRESS else self.url
        try:
            found = parse(url, self.schemes, allow_private=allow_private)
        except SpellingError as error:
            raise ChannelError(f"address_{error.reason}", retryable=False) from None
        if self.hosts and found.host not in self.hosts:
            raise ChannelError("address_not_listed", retryable=False)
        return found


class SignedWebhook:
    """The channel. Several secrets sign at once while one is replaced by the next."""

    def __init__(
        self, name: str, where: Destination, secrets: Sequence[str], guard: Guard | None = None
    ) -> None:
        self.name = name
        self._where = where
        self._signers = [Webhook(secret) for secret in secrets]
        self._guard = guard or Guard()
        # No proxy and no .netrc of the environment, and no connection kept: one that was opened for one
        # host name must not be used for another of the same address.
        self._http = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=where.timeout_s,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=ssl.create_default_context(),
        )

    async def send(self, address: str, message: Message) -> None:
        """Return once the receiver answered 2xx within the time-out. Raises ChannelError."""
        target = self._where.target(address, allow_private=self._guard.allow_private)
        try:
            async with asyncio.timeout(self._where.timeout_s):
                await self._send(target, message)
        except TimeoutError:
            raise ChannelError("timeout", retryable=True) from None

    async def _send(self, target: Target, message: Message) -> None:
        addresses = await self._guard.checked(target.host, target.port)
        headers, body = self._signed(message)
        headers["Host"] = target.authority
        failure: ChannelError | None = None
        for one in addresses:
            try:
                answer = await self._post(target, one, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                failure = ChannelError("unreachable", retryable=True)
                continue
            except httpx.TimeoutException:
                raise ChannelError("timeout", retryable=True) from None
            except (httpx.HTTPError, httpx.InvalidURL):
                raise ChannelError("connection_lost", retryable=True) from None
            failure = refusal(answer.status_code, answer.headers.get("retry-after"), wall_now())
            break
        if failure is not None:
            raise failure

    async def _post(
        self, target: Target, address: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        """Connect to the address that was checked; TLS is checked against the name. The answer's body is left."""
        url = httpx.URL(
            scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode()
        )
        name = {"sni_hostname": target.host} if target.scheme == "https" else {}
        request = self._http.build_request(
            "POST", url, headers=headers, content=body, extensions=name
        )
        answer = await self._http.send(request, stream=True)
        await answer.aclose()
        return answer

    def _signed(self, message: Message) -> tuple[dict[str, str], bytes]:
        now = wall_now()
        body = document(message, now.isoformat(timespec="seconds"))
        text = body.decode()
        signatures = [one.sign(message.message_id, now, text) for one in self._signers]
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "User-Agent": "chuishao",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return headers, body

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()


def document(message: Message, time: str) -> bytes:
    """A CloudEvent for machines: what the notice is about, in ids and codes. Subject and body stay here."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": message.message_id,
            "source": SOURCE,
            "type": TYPE,
            "time": time,
            "datacontenttype": "application/json",
            "data": {**message.data, "urgency": message.urgency.value},
        }
    )
