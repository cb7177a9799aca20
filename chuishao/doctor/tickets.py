"""Does every complaint get its ticket: what no queue, outbox or dead letter shows (reliability.md A.1 row 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from chuishao.doctor.finding import Finding, ill

if TYPE_CHECKING:
    from asyncpg import Connection

WITHOUT_S: Final = 120.0
LATEST: Final = 10_000
"""Of so many complaints older than that, the latest: two ranges of two primary keys, however many there are."""

SQL_WITHOUT: Final = """
with latest as materialized (
    select complaint_id, number
    from intake.complaint
    where complaint_id < (
        lpad(to_hex((extract(epoch from statement_timestamp() - make_interval(secs => $1)) * 1000)::bigint), 12, '0')
        || '70008000000000000000'
    )::uuid
    order by complaint_id desc
    limit $2
)
select latest.complaint_id, latest.number, count(*) over () as complaints,
    extract(epoch from statement_timestamp())::float8 as now_s
from latest
left join lateral (
    select true as there from router.ticket t where t.ticket_id = latest.complaint_id limit 1
) ticket on true
where ticket.there is null
order by latest.complaint_id
limit 1
"""
"""By the time in a complaint's id (UUIDv7), which no business clock moves. A ticket has its complaint's id."""


async def without(conn: Connection) -> Finding:
    """Whatever was accepted is with somebody two minutes later."""
    row = await conn.fetchrow(SQL_WITHOUT, WITHOUT_S, LATEST)
    if row is None:
        return Finding(
            "tickets", well=True, zh="近期诉求均已成单", en="every recent complaint has its ticket"
        )
    minutes = (row["now_s"] - _made_s(row["complaint_id"])) / 60
    return ill(
        "tickets",
        f"最近 {LATEST:,} 件诉求中有 {row['complaints']:,} 件逾 2 分钟未成单，"
        f"最早的 {row['number']} 已等 {minutes:.0f} 分钟",
        f"{row['complaints']:,} of the latest {LATEST:,} complaints have no ticket after 2 minutes;"
        f" {row['number']} has waited {minutes:.0f} minutes",
        "确认派单服务在运行、名录已发布，先处理本页其他异常；若别无异常，即消息丢失，"
        "按 docs/operations.md「The broker lost its data」立即核对",
        "see that the router runs with a directory published and mend what else this page names; if nothing,"
        " messages were lost: have all compared now (docs/operations.md, The broker lost its data)",
    )


def _made_s(complaint_id: UUID) -> float:
    return (complaint_id.int >> 80) / 1000
