"""Checks of what lies on this machine: services over HTTP, sign-in tokens, disk space."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chuishao.doctor.finding import Finding
from chuishao.probe import http_get

FREE_SHARE: Final = 0.1
FREE_BYTES: Final = 2 * 1024**3
TOKEN_DAYS: Final = 3
SEPARATORS: Final = 2
"""Dots in a signed token."""


async def service(name: str, url: str) -> list[Finding]:
    """A service is ready, and what it says beside."""
    parts = urlsplit(url)
    status, body = await http_get(parts.hostname or "", parts.port or 80, "/readyz")
    told = _document(body)
    failing = [check for check, well in told.get("checks", {}).items() if not well]
    if status == 0:
        zh, en = "没有应答", "does not answer"
    elif status != HTTPStatus.OK and not failing:
        zh, en = "数据库没有应答", "its database does not answer"
    elif failing:
        zh, en = f"未就绪：{'、'.join(failing)}", f"not ready: {', '.join(failing)}"
    else:
        zh, en = "就绪", "is ready"
    found = [
        Finding(
            f"service.{name}",
            status == HTTPStatus.OK,
            zh,
            en,
            f"查看 log/{name}.log；先处理上面的服务器",
            f"see log/{name}.log; mend the servers above first",
        )
    ]
    if calendar := told.get("calendar"):
        found.append(_calendar(calendar))
    return found


def _calendar(told: dict[str, object]) -> Finding:
    remedy_zh, _, remedy_en = str(told.get("remedy", "")).partition(" / ")
    return Finding(
        "calendar.years",
        not told.get("alarm"),
        f"工作日历到 {told.get('loaded_until') or '今年缺失'}",
        f"work calendars until {told.get('loaded_until') or 'nothing: this year is missing'}",
        remedy_zh,
        remedy_en,
    )


def _document(body: bytes) -> dict[str, dict[str, object]]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def tokens(signed: Mapping[str, str], now: datetime) -> Finding:
    """Sign-in tokens hold for some days yet; `now` is the time of the day, which tokens go by."""
    import jwt

    soonest = None
    for role, token in signed.items():
        if token.count(".") != SEPARATORS:  # a key of another kind, such as Open311's
            continue
        claims = jwt.decode(token, options={"verify_signature": False})
        if soonest is None or claims["exp"] < soonest[0]:
            soonest = (claims["exp"], role)
    days = (soonest[0] - now.timestamp()) / 86_400 if soonest else 0.0
    return Finding(
        "tokens",
        days > TOKEN_DAYS,
        f"登录令牌还有 {days:.0f} 天到期" if days > 0 else "登录令牌已过期",
        f"sign-in tokens hold for {days:.0f} days" if days > 0 else "sign-in tokens have expired",
        "执行 chuishao provision --directory 名录，重写 run.json 中的令牌",
        "run chuishao provision --directory FOLDER: it renews the tokens in run.json",
    )


def disk(folder: Path) -> Finding:
    """There is room where servers and files lie."""
    usage = shutil.disk_usage(folder)
    tight = usage.free < FREE_BYTES and usage.free < usage.total * FREE_SHARE
    said = f"{usage.free / 1024**3:.1f} GiB"
    return Finding(
        "disk",
        not tight,
        f"数据目录剩余 {said}",
        f"{said} free where the data lies",
        "清理或扩大磁盘；满时新诉求会被拒绝（503），已受理的不丢",
        "make room: when it is full filing is refused with 503, nothing accepted is lost",
    )
