"""A signed-in browser: a cookie of 256 random bits, and what is made of it. Pure.

The cookie is stored nowhere. Its digest finds the row; a key made of it opens the token in that row, and
another thing made of it is what a page of ours, and no other site's, can say beside a write.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.errors import DomainError, Kind

COOKIE: Final = "chuishao_session"
CSRF: Final = "X-CSRF-Token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
SIZE: Final = 32
NONCE: Final = 12
_WRITTEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_OURS: Final = frozenset({"same-origin", "none"})
"""What a browser says of a request of our own page, or of the person's own typing."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """The secret of one session."""

    secret: bytes

    @classmethod
    def read(cls, header: str) -> Cookie | None:
        """Out of a `Cookie` header; None where there is none that could be ours."""
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE and _WRITTEN.fullmatch(value):
                return cls(base64.urlsafe_b64decode(value + "="))
        return None

    @property
    def digest(self) -> bytes:
        """By which its row is found."""
        return hashlib.sha256(self.secret).digest()

    @property
    def csrf(self) -> str:
        """What a write under this cookie says in `X-CSRF-Token`."""
        return _text(_made(self.secret, "csrf"))

    def said_by(self, csrf: str) -> bool:
        """Whether a write knew it."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))

    def seal(self, token: str, nonce: bytes) -> bytes:
        """The token, readable for whoever brings the cookie."""
        box = AESGCM(_made(self.secret, "token"))
        return nonce + box.encrypt(nonce, token.encode("ascii"), self.digest)

    def open(self, sealed: bytes) -> str | None:
        """The token again; None where this is not what was sealed."""
        box = AESGCM(_made(self.secret, "token"))
        try:
            return box.decrypt(sealed[:NONCE], sealed[NONCE:], self.digest).decode("ascii")
        except InvalidTag:
            return None

    def set(self, *, lasts_s: int, secure: bool) -> str:
        """The `Set-Cookie` line; with `lasts_s` 0 the browser forgets it."""
        said = f"{COOKIE}={_text(self.secret) if lasts_s else ''}; Path=/; Max-Age={lasts_s}"
        return f"{said}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


def check_write(cookie: Cookie, headers: Mapping[str, str]) -> None:
    """Refuse a write that another site may have made the browser send. Raises DomainError 403."""
    check_origin(headers)
    if not cookie.said_by(headers.get(CSRF.lower(), "")):
        raise DomainError(
            "csrf",
            Kind.FORBIDDEN,
            field=CSRF,
            zh="页面的防伪令牌缺失或已失效，请刷新页面后再试。",
            en="The page's token is missing or no longer good; reload the page and try again.",
        )


def check_origin(headers: Mapping[str, str]) -> None:
    """The same by what browsers say of where a request comes from. Raises DomainError 403."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = site is not None and site not in _OURS
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        foreign = True
    if foreign:
        raise DomainError(
            "csrf",
            Kind.FORBIDDEN,
            field="Origin",
            zh="请求来自其他网站，已拒绝；请在本系统页面中操作。",
            en="This request came from another site and was refused; act on a page of this system.",
        )


def came_safely(scheme: str, headers: Mapping[str, str]) -> bool:
    """Whether the browser spoke https: to us, or to the proxy in front, which says so."""
    return "https" in {scheme, headers.get("x-forwarded-proto", "").partition(",")[0].strip()}


def _made(secret: bytes, purpose: str) -> bytes:
    made = HKDF(
        algorithm=SHA256(), length=SIZE, salt=None, info=f"chuishao session {purpose} 1".encode()
    )
    return made.derive(secret)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
