"""What apprise's plugins get in the place of `requests`: the same calls, held by our guard.

Apprise resolves names, follows redirects, reads whole answers and takes any 200 for success by itself. In
here every request a plugin makes goes to an address that was checked, without proxies or redirects, within
the time that is left; its answer is read to a bound, and its status is what the message's fate is told by.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import orjson
import requests
from requests.adapters import HTTPAdapter

from kit.clock import wall_now
from services.notifier.channels.guard import Guard
from services.notifier.channels.outcome import refusal
from services.notifier.channels.spelling import SpellingError, Target, parse
from services.notifier.notices.channel import ChannelError

MOST_BYTES: Final = 64 * 1024
_CHUNK: Final = 8 * 1024
_LEAST_S: Final = 0.05
_thread = threading.local()


@dataclass(slots=True)
class Exchange:
    """One message on its way: what its plugin may still do, and what became of it."""

    loop: asyncio.AbstractEventLoop
    guard: Guard
    deadline: float
    """By `time.monotonic`."""
    code_field: str | None = None
    """Member of the answer that is not 0 where a group robot says no under a status of 200."""
    failure: ChannelError | None = field(default=None)

    def left_s(self) -> float:
        """Time left. Raises requests.Timeout when there is none."""
        left = self.deadline - time.monotonic()
        if left < _LEAST_S:
            raise self._failed(ChannelError("timeout", retryable=True), requests.Timeout())
        return left

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """As `requests.request`. Raises requests.RequestException, and `failure` says why."""
        target, address = self._checked(url)
        left = self.left_s()
        options["headers"] = {**(options.get("headers") or {}), "Host": target.authority}
        options |= {"timeout": (left, left), "allow_redirects": False, "stream": True}
        with requests.Session() as session:
            session.trust_env = False
            pinned = _Pinned(address)
            session.mount("https://", pinned)
            session.mount("http://", pinned)
            try:
                answer = session.request(method, url, **options)
                self._read(answer)
            except requests.Timeout as error:
                raise self._failed(ChannelError("timeout", retryable=True), error) from None
            except requests.ConnectionError as error:
                raise self._failed(ChannelError("unreachable", retryable=True), error) from None
            except requests.RequestException as error:
                raise self._failed(ChannelError("connection_lost", retryable=True), error) from None
        self._judge(answer)
        return answer

    def _checked(self, url: str) -> tuple[Target, str]:
        """Where it goes, and the first address of the host, all of them allowed."""
        try:
            target = parse(url, ("https", "http"), allow_private=self.guard.allow_private)
            asked = self.guard.checked(target.host, target.port)
            found = asyncio.run_coroutine_threadsafe(asked, self.loop).result(self.left_s())
        except SpellingError as error:
            refused = ChannelError(f"address_{error.reason}", retryable=False)
        except ChannelError as error:
            refused = error
        except TimeoutError:
            refused = ChannelError("timeout", retryable=True)
        else:
            return target, found[0]
        raise self._failed(refused, requests.exceptions.InvalidURL())

    def _read(self, answer: requests.Response) -> None:
        """Keep no more than a bound of the body, and stop in time."""
        kept = b""
        for chunk in answer.iter_content(_CHUNK):
            kept += chunk
            if len(kept) > MOST_BYTES:
                break
            self.left_s()
        answer.close()
        answer._content = kept[:MOST_BYTES]  # noqa: SLF001 - what `content` would have read

    def _judge(self, answer: requests.Response) -> None:
        self.failure = refusal(answer.status_code, answer.headers.get("Retry-After"), wall_now())
        if self.failure is None and self.code_field is not None:
            code = robot_code(answer.content, self.code_field)
            if code:
                self.failure = ChannelError(f"robot_{abs(code)}", retryable=True)

    def _failed(
        self, failure: ChannelError, error: requests.RequestException
    ) -> requests.RequestException:
        self.failure = self.failure or failure
        return error


def robot_code(body: bytes, name: str) -> int | None:
    """The code in a group robot's answer, 0 where it took the message; None where there is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    code = found.get(name) if isinstance(found, Mapping) else None
    return code if isinstance(code, int) else None


class _Pinned(HTTPAdapter):
    """Connects to one checked address; the name stays in Host, and TLS is checked against it."""

    def __init__(self, address: str) -> None:
        super().__init__(max_retries=0)
        self._address = address

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """The connection's host replaced by the checked address."""
        place, kept = super().build_connection_pool_key_attributes(request, verify, cert)
        if place["scheme"] == "https":
            kept = {**kept, "server_hostname": place["host"], "assert_hostname": place["host"]}
        return {**place, "host": self._address}, kept


class GuardedRequests(ModuleType):
    """Stands in a plugin's module where `requests` stood."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """As `requests.request`, in the exchange of this thread."""
        exchange: Exchange = _thread.exchange
        return exchange.request(method, url, **options)

    def get(self, url: str, **options: Any) -> requests.Response:
        """As `requests.get`."""
        return self.request("GET", url, **options)

    def post(self, url: str, data: Any = None, **options: Any) -> requests.Response:
        """As `requests.post`."""
        return self.request("POST", url, data=data, **options)

    def put(self, url: str, data: Any = None, **options: Any) -> requests.Response:
        """As `requests.put`."""
        return self.request("PUT", url, data=data, **options)


_STAND_IN: Final = GuardedRequests("requests")


def hold(module: ModuleType) -> None:
    """Give a plugin's module our requests in the place of its own; mail has none."""
    if hasattr(module, "requests"):
        vars(module)["requests"] = _STAND_IN


def enter(exchange: Exchange) -> None:
    """From now on the requests of this thread belong to an exchange."""
    _thread.exchange = exchange
