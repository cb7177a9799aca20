"""TLS to NATS, by setting: with a CA or a `tls://` address every connection of ours is encrypted and verified.

The handshake comes before the server's first word (`handshake_first`): nats-py otherwise encrypts only if the
server asks for it in plain text, which somebody in between could leave out. Keys stay what signs users in;
a client certificate is asked for where the server verifies.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

CA: Final = "CHUISHAO_NATS_TLS_CA"
CERT: Final = "CHUISHAO_NATS_TLS_CERT"
KEY: Final = "CHUISHAO_NATS_TLS_KEY"
SERVER_CERT: Final = "CHUISHAO_NATS_TLS_SERVER_CERT"
SERVER_KEY: Final = "CHUISHAO_NATS_TLS_SERVER_KEY"


class TlsSettingError(RuntimeError):
    """A certificate or key that was named cannot be used; the message says which and why."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"{name}：{zh}\n{name}: {en}")


def context_for(url: str) -> ssl.SSLContext | None:
    """The context to connect with; None for a plain connection. Raises TlsSettingError."""
    ca = _file(CA)
    if ca is None and not url.startswith("tls://"):
        return None
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise TlsSettingError(CA, "不是 PEM 证书。", "is no certificate in PEM.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if (pair := _pair(CERT, KEY)) is not None:
        try:
            context.load_cert_chain(*pair)
        except ssl.SSLError:
            raise TlsSettingError(CERT, "与密钥不配对。", "does not fit its key.") from None
    return context


def client_options(url: str) -> dict[str, Any]:
    """What nats-py's `connect` takes besides; empty for a plain connection. Raises TlsSettingError."""
    context = context_for(url)
    return {} if context is None else {"tls": context, "tls_handshake_first": True}


def is_certificate_fault(error: BaseException) -> bool:
    """True when the server's certificate was not accepted, or it speaks no TLS."""
    return isinstance(error, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class ServerTls:
    """Files of a nats-server of ours; `ca` is given where clients must show a certificate, too."""

    cert: Path
    key: Path
    ca: Path | None

    @classmethod
    def from_environment(cls) -> Self | None:
        """What the variables say; None where the server speaks plainly. Raises TlsSettingError."""
        pair = _pair(SERVER_CERT, SERVER_KEY)
        if pair is None:
            return None
        if (ca := _file(CA)) is None:
            raise TlsSettingError(
                CA, "未设置。", "is not set: clients could not verify the server."
            )
        return cls(*pair, ca if _file(CERT) else None)


def _pair(cert: str, key: str) -> tuple[Path, Path] | None:
    found = _file(cert), _file(key)
    if found[0] is None and found[1] is None:
        return None
    if found[0] is None or found[1] is None:
        missing = cert if found[0] is None else key
        raise TlsSettingError(missing, "须与另一个一起设置。", "is missing beside the other.")
    return found[0], found[1]


def _file(name: str) -> Path | None:
    text = os.environ.get(name)
    if not text:
        return None
    path = Path(text).resolve()
    if not path.is_file():
        raise TlsSettingError(name, f"没有文件 {path}。", f"there is no file {path}.")
    return path
