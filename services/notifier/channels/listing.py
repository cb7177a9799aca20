"""The deployment's channels file as typed values, and what may be wrong with it. Pure.

[channels.chat]
kind = "apprise"
url = "wechat://CORP:{secret}@1000002/{address}"
secret_file = "wecom.secret"
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.base import Code
from kit.errors import DomainError
from kit.validation import invalid
from services.notifier.channels.schemes import ADDRESS, OWN_HOST, SCHEMES, SECRET, scheme_of

_SECRET_BYTES: Final = range(24, 65)
"""Standard Webhooks: a symmetric secret has 24 to 64 bytes."""
_HTTP: Final = ("https", "http")


class ChannelsFileError(RuntimeError):
    """The channels file cannot be used; says the field and what to do, in both languages, never a value."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"通知渠道文件 {field}：{zh}。 / channels file, {field}: {en}.")
        self.field = field


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ChannelRow(_Row):
    """One `[channels.NAME]`."""

    kind: Literal["apprise", "webhook", "file"]
    url: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    """Of `apprise` and `webhook`; `{address}` is the recipient, `{secret}` the secret."""
    path: str | None = None
    """Of `file`; relative to the channels file."""
    secret: str | tuple[str, ...] | None = None
    secret_file: str | None = None
    """One secret a line; relative to the channels file."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Seconds until an attempt has failed."""
    allow_private: bool = False
    """Loopback, private and carrier networks may be reached."""
    schemes: tuple[Literal["https", "http"], ...] = ("https",)
    """Of `webhook`."""
    hosts: tuple[str, ...] = ()
    """Of `webhook` with the recipient's own address: the only hosts it may name."""


class GatewayRow(_Row):
    """One `[replies.NAME]`: a gateway that hands replies over."""

    secret: str | tuple[str, ...] | None = None
    secret_file: str | None = None
    channels: Annotated[tuple[Code, ...], Field(min_length=1)]
    """Channels whose recipients answer through it: it speaks for nobody else."""


class ChannelsFile(_Row):
    """The whole file."""

    channels: dict[Code, ChannelRow] = Field(default_factory=dict)
    replies: dict[Code, GatewayRow] = Field(default_factory=dict)


def read(text: str) -> ChannelsFile:
    """The file's rows, each checked by itself. Raises ChannelsFileError."""
    try:
        file = ChannelsFile.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"line (\d+)", str(error))
        line = place[1] if place else "?"
        raise ChannelsFileError(
            f"第 {line} 行", "不是合格的 TOML", f"line {line} is no TOML"
        ) from None
    except ValidationError as error:
        found: DomainError = invalid(error)
        first: Mapping[str, Any] = found.extra["errors"][0]
        raise ChannelsFileError(first["field"], first["zh"], first["en"]) from None
    for name, row in file.channels.items():
        _check(f"channels.{name}", row)
    for name, gateway in file.replies.items():
        for channel in gateway.channels:
            if channel not in file.channels:
                raise ChannelsFileError(
                    f"replies.{name}.channels", "没有这个渠道", "names no channel of this file"
                )
    return file


def signing_secrets(field: str, secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets of a signature, at least one, each of a sound length. Raises ChannelsFileError."""
    if not secrets:
        raise ChannelsFileError(
            f"{field}.secret", "缺少密钥，请写 secret 或 secret_file", "give secret or secret_file"
        )
    for secret in secrets:
        try:
            size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if size not in _SECRET_BYTES:
            raise ChannelsFileError(
                f"{field}.secret",
                "应为 whsec_ 加 24 至 64 字节的 base64",
                "must be whsec_ and the base64 of 24 to 64 bytes",
            )
    return secrets


def _check(field: str, row: ChannelRow) -> None:
    _check_members(field, row)
    if row.kind == "apprise":
        _check_apprise(field, row.url or "")
    if row.kind == "webhook" and row.url != ADDRESS:
        scheme = scheme_of(row.url or "")
        if scheme not in _HTTP or scheme not in row.schemes:
            raise ChannelsFileError(
                f"{field}.url", "应以 https:// 开头；要用 http 请写进 schemes",
                "must begin with https://; name http in schemes to use it",
            )  # fmt: skip
        if ADDRESS in (row.url or ""):
            raise ChannelsFileError(
                f"{field}.url", "webhook 的地址要么写全，要么只写 {address}",
                "is either a whole address or {address} alone",
            )  # fmt: skip


_TAKES: Final[Mapping[str, frozenset[str]]] = {
    "apprise": frozenset({"url", "secret", "secret_file", "timeout", "allow_private"}),
    "webhook": frozenset(
        {"url", "secret", "secret_file", "timeout", "allow_private", "schemes", "hosts"}
    ),
    "file": frozenset({"path"}),
}
_NEEDS: Final = {"apprise": "url", "webhook": "url", "file": "path"}


def _check_members(field: str, row: ChannelRow) -> None:
    for name in sorted(row.model_fields_set - _TAKES[row.kind] - {"kind"}):
        raise ChannelsFileError(
            f"{field}.{name}",
            f"{row.kind} 渠道不用此项，请删去",
            f"means nothing to {row.kind}; remove it",
        )
    needed = _NEEDS[row.kind]
    if not getattr(row, needed):
        raise ChannelsFileError(f"{field}.{needed}", "缺少此项，请补上", "is missing; add it")
    if row.secret is not None and row.secret_file is not None:
        raise ChannelsFileError(
            f"{field}.secret_file",
            "secret 与 secret_file 只能写一个",
            "give secret or secret_file, not both",
        )


def _check_apprise(field: str, url: str) -> None:
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        listed = "、".join(SCHEMES)
        raise ChannelsFileError(
            f"{field}.url",
            f"只能用这些渠道：{listed}",
            f"must begin with one of: {', '.join(SCHEMES)}",
        )
    authority = re.split(r"[/?]", url.partition("://")[2], maxsplit=1)[0]
    if scheme in OWN_HOST and ADDRESS in authority.rpartition("@")[2]:
        raise ChannelsFileError(
            f"{field}.url", "{address} 不能用作主机名", "must not have {address} for its host"
        )
    if "smtp=" in url and ADDRESS in url.partition("smtp=")[2].partition("&")[0]:
        raise ChannelsFileError(
            f"{field}.url", "{address} 不能用作主机名", "must not have {address} for its host"
        )


def needs_secret(row: ChannelRow) -> bool:
    """True where the address of an apprise channel has a place for the secret."""
    return SECRET in (row.url or "")
