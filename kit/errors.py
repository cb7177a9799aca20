"""Expected failures: a slug, a kind, and words in Chinese and English that name field and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """What an expected failure means; the value is its HTTP status (product.md section 8)."""

    MALFORMED = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    TOO_SLOW = 408
    CONFLICT = 409
    GONE = 410
    PRECONDITION = 412
    TOO_LARGE = 413
    TOO_LONG = 414
    UNSUPPORTED = 415
    INVALID = 422
    TOO_MANY = 429
    HEADERS = 431
    INTERNAL = 500
    UNAVAILABLE = 503


class DomainError(Exception):
    """An expected failure. `zh` and `en` say what is wrong and what to do; `extra` joins the problem body."""

    def __init__(  # noqa: PLR0913 - the parts of one problem document
        self,
        slug: str,
        kind: Kind,
        *,
        zh: str,
        en: str,
        field: str | None = None,
        retry_after_s: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.kind = kind
        self.zh = zh
        self.en = en
        self.field = field
        self.retry_after_s = retry_after_s
        self.extra = dict(extra or {})

    def problem(self, language: str = "zh") -> dict[str, Any]:
        """The RFC 9457 document in the asked language."""
        body: dict[str, Any] = {
            "type": f"https://chuishao.cn/problems/{self.slug}",
            "title": self.slug,
            "status": int(self.kind),
            "detail": self.en if language == "en" else self.zh,
        }
        if self.field:
            body["field"] = self.field
        return body | self.extra


def not_found(what_zh: str = "对象", what_en: str = "item") -> DomainError:
    """The answer for what does not exist or must not be known to exist."""
    return DomainError(
        "not-found",
        Kind.NOT_FOUND,
        zh=f"没有这个{what_zh}，请核对编号。",
        en=f"No such {what_en}; check the number.",
    )


def stale(what_zh: str, what_en: str, version: int, kind: Kind = Kind.CONFLICT) -> DomainError:
    """The answer to a change of something that another change made first: `version` is the present one."""
    return DomainError(
        "stale-version",
        kind,
        field="version",
        zh=f"{what_zh}已有变化 (现为第 {version} 版)，请刷新后再办。",
        en=f"{what_en} has changed (now version {version}); reload and try again.",
        extra={"version_now": version},
    )


def unavailable() -> DomainError:
    """The answer while the database is away or nothing more can wait: the same again, a little later."""
    return DomainError(
        "unavailable",
        Kind.UNAVAILABLE,
        zh="系统暂时繁忙，请稍后用同一个键 (Idempotency-Key 或 command_id) 重试。",
        en="Busy right now; try again shortly with the same Idempotency-Key or command_id.",
        retry_after_s=1,
    )


def internal(request_id: str) -> DomainError:
    """The answer to a bug: noted under this id."""
    return DomainError(
        "internal",
        Kind.INTERNAL,
        zh=f"系统内部错误，已记录；请把编号 {request_id} 告诉管理员。",
        en=f"Internal error, noted; tell the administrator {request_id}.",
    )


def too_large(limit: int) -> DomainError:
    """The answer to a body over `limit` bytes."""
    return DomainError(
        "too-large",
        Kind.TOO_LARGE,
        zh=f"内容超过 {limit // 1024} KiB，请缩短后重发；照片请走附件接口。",
        en=f"Over {limit // 1024} KiB; shorten it, send photos as attachments.",
    )
