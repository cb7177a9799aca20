"""One operation of an OpenAPI document asked many times with made-up requests, and what was wrong with the answers.

Nothing fails while it runs: what was found is handed back. So the requests of a seed do not depend on the
answers, and the same seed asks the same again, but for the ids of what exists.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID
from zlib import crc32

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from tests.fuzz.known import Place
from tests.support.gateway import signed

SLOW_S: Final = 5.0
"""The longest an answer may take on a loaded machine."""
HANGS_S: Final = 15.0
REST_S: Final = 2.0
"""After so long without a request a connection is opened anew: the server closes those at rest."""
MANY: Final = 50
"""Cases of one operation from which on it is worth while to list anew what exists by then."""
SHOWN: Final = 3
"""Of one operation's findings that say the same."""
FIRST_PIECE: Final = 64 * 1024
STREAMS: Final = ("text/event-stream", "application/x-ndjson")
LINES: Final = "application/x-ndjson"
CHECKED: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)

load_all_checks()
CHECKS_MADE: Final[list[Any]] = [CHECKS.get_one(name) for name in CHECKED]


@schemathesis.serializer(LINES, "application/zip")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass(slots=True)
class Asked:
    """What came of one operation."""

    operation: str
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    """What was wrong, with the request as a command line."""
    failures: int = 0
    slowest_s: float = 0.0
    took_s: float = 0.0

    def note(self, what: str, request: str) -> None:
        """Count it, and keep it unless the like was kept often enough."""
        self.failures += 1
        if sum(one.startswith(what) for one in self.findings) < SHOWN:
            self.findings.append(f"{what}\n{request}")


class Asker:
    """Asks one service."""

    def __init__(
        self, place: Place, service: str, run_seed: int, document: dict[str, Any] | None = None
    ) -> None:
        """`document` instead of the one that the service gives."""
        self.place = place
        self.service = service
        self._seed = run_seed
        self._base = place.addresses[service]
        self._filings: list[Any] = []
        self._session = requests.Session()
        self._used_s = 0.0
        schema = schemathesis.openapi.from_dict(document or document_of(place, service))
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
        self.operations = {f"{one.method.upper()} {one.path}": one for one in found}

    def ask(self, name: str, count: int) -> Asked:
        """Ask one operation so often."""
        operation = self.operations[name]
        asked = Asked(f"{self.service} {name}")
        right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        began = time.monotonic()

        @seed(self._seed ^ crc32(asked.operation.encode()))
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(right, right, wrong), drawn=st.integers(0, 2**48))
        def each(case: Case[Any], drawn: int) -> None:
            asked.cases += 1
            self._once(case, random.Random(drawn), asked)  # noqa: S311 - a seed, no secret

        if count >= MANY:
            self.place.look()
        each()
        self._session.close()
        asked.took_s = time.monotonic() - began
        return asked

    def _once(self, case: Case[Any], chance: random.Random, asked: Asked) -> None:
        self._settle(case, chance)
        request = self._prepared(case, chance)
        began = time.monotonic()
        if began - self._used_s > REST_S:
            self._session.close()
        try:
            answer = self._sent(request)
        except requests.RequestException as error:
            asked.note(f"{type(error).__name__}", _shown(request))
            self._session.close()
            return
        finally:
            self._used_s = time.monotonic()
        took_s = self._used_s - began
        asked.statuses[answer.status_code] += 1
        asked.slowest_s = max(asked.slowest_s, took_s)
        if took_s > SLOW_S:
            asked.note("slow", f"{took_s:.1f} s\n{_shown(request)}")
        try:
            case.validate_response(answer, checks=CHECKS_MADE)
        except FailureGroup as group:
            for one in group.exceptions:
                asked.note(
                    f"{answer.status_code} {one.title}", f"{str(one)[:800]}\n{_shown(request)}"
                )

    def _settle(self, case: Case[Any], chance: random.Random) -> None:
        """Put in what exists."""
        place, path = self.place, case.path
        if case.path_parameters:
            settled = place.settled(case.path_parameters, chance, of_ten=9)
            ways = {"ident": place.idents(path), "action": place.actions(path)}
            for name in ("ident", "action", "item", "ticket"):
                own = ways.get(name) or place.words(name)
                if name in settled and own and chance.randrange(10) < 9:
                    settled[name] = chance.choice(own)
            case.path_parameters = settled
        if case.query:
            case.query = place.settled(case.query, chance)
        if path.startswith("/open311") and chance.randrange(10) < 9:
            case.query = (case.query or {}) | {"api_key": place.partner}
        if case.media_type == LINES:
            case.body = self._many(case.body, chance)
        elif isinstance(case.body, dict | list):
            case.body = place.settled(case.body, chance)
            if path == "/v1/complaints" and isinstance(case.body, dict):
                self._filings = [*self._filings[-50:], case.body]

    def _many(self, noise: Any, chance: random.Random) -> bytes:
        """Lines of a batch: complaints as they were made up before, with the noise between them."""
        bodies = chance.choices(self._filings or [{}], k=chance.randrange(4))
        lines = [json.dumps(one).encode() for one in bodies]
        return b"\n".join([*lines, str(noise).encode(errors="replace"), *lines[:1]])

    def _prepared(self, case: Case[Any], chance: random.Random) -> requests.PreparedRequest:
        given = case.as_transport_kwargs(base_url=self._base)
        headers = dict(given.pop("headers"))
        roles = case.operation.definition.raw.get("x-roles", ())
        if roles:
            token = chance.choice(self.place.tokens[chance.choice(roles)])
            headers["Authorization"] = f"Bearer {token}"
        if chance.randrange(4) == 0:
            headers["Accept-Language"] = "en"
        request = self._session.prepare_request(requests.Request(headers=headers, **given))
        if self.service == "notifier" and case.path == "/v1/replies" and chance.randrange(10) < 9:
            words = _bytes(request).decode(errors="replace")
            request.headers.update(signed(words, str(UUID(int=chance.getrandbits(128)))))
        return request

    def _sent(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer; of a stream its head, and what comes at once."""
        answer = self._session.send(request, stream=True, timeout=HANGS_S, allow_redirects=False)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind not in STREAMS:
            _ = answer.content
            return answer
        first = b"" if kind == STREAMS[0] else next(answer.iter_content(FIRST_PIECE), b"")
        answer._content = first
        answer.close()
        return answer


def document_of(place: Place, service: str) -> dict[str, Any]:
    """What a running service says of itself."""
    answer = requests.get(f"{place.addresses[service]}/openapi.json", timeout=HANGS_S)
    document: dict[str, Any] = answer.json()
    return document


def every(place: Place) -> Iterator[tuple[str, str]]:
    """Service and name of every operation of the running documents."""
    for service in place.addresses:
        for path, methods in document_of(place, service)["paths"].items():
            yield from ((service, f"{method.upper()} {path}") for method in methods)


def _bytes(request: requests.PreparedRequest) -> bytes:
    return request.body if isinstance(request.body, bytes) else str(request.body or "").encode()


def _shown(request: requests.PreparedRequest) -> str:
    headers = {
        name: value for name, value in request.headers.items()
        if name.lower() in {"content-type", "idempotency-key", "if-match", "accept", "accept-language"}
    }  # fmt: skip
    return f"{request.method} {request.url} {json.dumps(headers)} {_bytes(request)[:1_500]!r}"
