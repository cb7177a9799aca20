"""Checks of the audit's chains: they are linked within seconds and signed within minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chuishao.doctor.finding import Finding
from chuishao.secrets import SERVICES

if TYPE_CHECKING:
    from asyncpg import Connection

UNLINKED_S: Final = 10.0
UNSIGNED_S: Final = 180.0
STALE_S: Final = 3_900.0
"""An anchor is made each hour even while nothing happens (kit/chain/chainer.py)."""

_OF: Final = """
select '{service}' as service,
    (select count(*) from {service}.audit_pending) as unlinked,
    (select extract(epoch from clock_timestamp() - min(written_at)) from {service}.audit_pending)::float8
        as unlinked_s,
    (select extract(epoch from clock_timestamp() - min(linked_at)) from {service}.audit_link
        where seq > coalesce(max(anchor.seq), 0))::float8 as unsigned_s,
    extract(epoch from clock_timestamp() - max(anchor.at))::float8 as signed_s
from {service}.audit_anchor anchor
"""
SQL_CHAINS: Final = "union all".join(_OF.format(service=service) for service in SERVICES)


async def chains(conn: Connection) -> Finding:
    """Every record is linked by now, and every link is behind a signed anchor."""
    ill = [said for row in await conn.fetch(SQL_CHAINS) if (said := _trouble(row))]
    return Finding(
        "audit.chain",
        not ill,
        "；".join(zh for zh, _ in ill) if ill else "审计链与锚点跟得上",
        "; ".join(en for _, en in ill) if ill else "linked and signed in time",
        "查看该服务日志中的 audit_chain_waits、audit_without_anchors；再执行 chuishao audit verify",
        "look for audit_chain_waits, audit_without_anchors in its log; then run chuishao audit verify",
    )


def _trouble(row: Any) -> tuple[str, str] | None:
    name, unlinked_s, unsigned_s = row["service"], row["unlinked_s"], row["unsigned_s"]
    if (unlinked_s or 0.0) > UNLINKED_S:
        count = row["unlinked"]
        return (
            f"{name} 有 {count:,} 条审计记录未入链，最久 {unlinked_s:.0f} 秒",
            f"{name}: {count:,} records not linked, the oldest for {unlinked_s:.0f} s",
        )
    if (unsigned_s or 0.0) > UNSIGNED_S:
        return (
            f"{name} 的链已 {unsigned_s:.0f} 秒未签锚点",
            f"{name}: not signed for {unsigned_s:.0f} s",
        )
    if (row["signed_s"] or 0.0) > STALE_S:
        return (
            f"{name} 最后的锚点在 {row['signed_s'] / 60:.0f} 分钟前",
            f"{name}: the last anchor is {row['signed_s'] / 60:.0f} minutes old",
        )
    return None
