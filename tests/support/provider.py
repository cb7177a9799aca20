"""An OpenID Connect provider of the tests: a real HTTP server with keys of every kind, which can misbehave."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE: Final = "chuishao-city"
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def made(algorithm: str, *, bits: int = 2_048) -> PrivateKey:
    """A key for an algorithm."""
    match algorithm:
        case "ES256":
            return generate_private_key(SECP256R1())
        case "ES384":
            return generate_private_key(SECP384R1())
        case "EdDSA":
            return Ed25519PrivateKey.generate()
        case _:
            return generate_rsa(65_537, bits)


def published(key: PrivateKey, kid: str | None, algorithm: str | None) -> dict[str, Any]:
    """The public half as a JWKS shows it."""
    public = key.public_key()
    kind: Any = (
        RSAAlgorithm if isinstance(key, RSAPrivateKey)
        else ECAlgorithm if isinstance(key, EllipticCurvePrivateKey)
        else OKPAlgorithm
    )  # fmt: skip
    shown: dict[str, Any] = {**kind.to_jwk(public, as_dict=True), "use": "sig"}
    shown |= {"kid": kid} if kid is not None else {}
    return shown | ({"alg": algorithm} if algorithm else {})


def pem(key: PrivateKey) -> bytes:
    """The public half as files hold it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class FakeProvider:
    """Issues tokens, publishes keys; `keys` maps kid to (algorithm, key), `say` replaces answers."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/realms/city"
        self.keys: dict[str | None, tuple[str, PrivateKey]] = {}
        self.asked: list[str] = []
        self.say: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.slow_s = 0.0

    def add(self, kid: str | None, algorithm: str) -> PrivateKey:
        """Publish another key."""
        key = made(algorithm)
        self.keys[kid] = (algorithm, key)
        return key

    def token(self, kid: str | None, /, **changes: Any) -> str:
        """A token of somebody, signed with one of the keys; a claim of None is left out."""
        algorithm, key = self.keys[kid]
        headers = {"kid": kid} if kid is not None else {}
        return jwt.encode(self.claims(**changes), key, algorithm=algorithm, headers=headers)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a token of ours says unless told otherwise."""
        now = int(time.time())
        whole = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "P0107", "roles": ["unit"],
            "iat": now, "nbf": now, "exp": now + 300,
        }  # fmt: skip
        return {name: value for name, value in (whole | changes).items() if value is not None}

    def settings(self) -> dict[str, str]:
        """How a service is told of it, beside our own sign-in."""
        return {
            "CHUISHAO_OIDC_ISSUER": self.issuer,
            "CHUISHAO_OIDC_AUDIENCE": AUDIENCE,
            "CHUISHAO_BUILTIN_SIGN_IN": "everyone",
        }

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """What it says at an address."""
        self.asked.append(path)
        time.sleep(self.slow_s)
        if path in self.say:
            return self.say[path]
        if path == "/realms/city/.well-known/openid-configuration":
            described = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
            return 200, json.dumps(described).encode(), {}
        if path == "/realms/city/keys":
            keys = [published(key, kid, name) for kid, (name, key) in self.keys.items()]
            return 200, json.dumps({"keys": keys}).encode(), {}
        return 404, b"", {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: FakeProvider

    def handle_error(self, *_: Any) -> None:
        """A client that hung up while a slow answer was made is no finding."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        status, body, headers = self.server.provider.answer(self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class RunningProvider:
    """A provider that can be taken away and come back at the same address."""

    def __init__(self) -> None:
        self._server = self._open(0)
        self.provider = FakeProvider(self._server.server_address[1])
        self._begin()

    def _open(self, port: int) -> _Server:
        return _Server(("127.0.0.1", port), _Handler)

    def _begin(self) -> None:
        self._server.provider = self.provider
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def away(self) -> None:
        """Nobody listens at its address any more."""
        self._server.shutdown()
        self._server.server_close()

    def back(self) -> None:
        """It listens again, with the keys it has."""
        self._server = self._open(self._server.server_address[1])
        self._begin()


@contextmanager
def running() -> Iterator[RunningProvider]:
    """A provider without keys on a port of its own."""
    found = RunningProvider()
    try:
        yield found
    finally:
        found.away()


def encoded(part: bytes) -> str:
    """As the three parts of a token are written."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
