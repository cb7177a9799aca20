"""Checks that ask PostgreSQL; each takes a connection of the administrator and answers with one finding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chuishao.doctor.audit import chains
from chuishao.doctor.finding import Finding
from chuishao.doctor.tickets import without

if TYPE_CHECKING:
    from asyncpg import Connection

OLD_S: Final = 60.0
"""An event that waits longer to be published is not on its way any more."""
LOCKED_S: Final = 30.0
VERSIONS: Final = frozenset({"17", "18"})
PARTS: Final = ("fsync", "synchronous_commit", "full_page_writes")

SQL_VERSION: Final = "select current_setting('server_version')"
SQL_SETTINGS: Final = "select name, setting from pg_settings where name = any($1::text[])"
SQL_CLOCK: Final = """
select simulated, chuishao.business_now() - clock_timestamp() as ahead from chuishao.setting
"""
SQL_OUTBOX: Final = """
select service, waiting, extract(epoch from clock_timestamp() - oldest)::float8 as age_s from (
    select 'intake' as service, count(*) as waiting, min(created_at) as oldest
    from intake.outbox_pending
    union all
    select 'router', count(*), min(created_at) from router.outbox_pending
    union all
    select 'notifier', count(*), min(created_at) from notifier.outbox_pending
) as outboxes
"""
SQL_DEAD_LETTERS: Final = """
select service, count(*) as letters, count(*) filter (where reason = 'gap') as early from (
    select 'intake' as service, reason from intake.dead_letter where resolved_at is null
    union all
    select 'router', reason from router.dead_letter where resolved_at is null
    union all
    select 'notifier', reason from notifier.dead_letter where resolved_at is null
) as open
group by service
order by service
"""
SQL_RECONCILED: Final = """
select service, stream, offered, extract(epoch from clock_timestamp() - look_at)::float8 as late_s from (
    select 'intake' as service, stream, offered, look_at from intake.reconciled
    union all
    select 'router', stream, offered, look_at from router.reconciled
    union all
    select 'notifier', stream, offered, look_at from notifier.reconciled
) as looks
"""
SQL_LOCKS: Final = """
select count(*) as blocked, coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float8 as s
from pg_stat_activity
where cardinality(pg_blocking_pids(pid)) > 0
    and clock_timestamp() - query_start > make_interval(secs => $1)
"""
SQL_REPLICAS: Final = """
select replica, version, (select max(version) from router.directory_version) as newest
from router.directory_replica
where seen_at > now() - interval '1 minute'
"""
SQL_APPLIED: Final = "select scope, name from chuishao.migration"

Check = Callable[["Connection"], Awaitable[Finding]]


async def version(conn: Connection) -> Finding:
    """The server answers, and is a version we know."""
    said = str(await conn.fetchval(SQL_VERSION))
    return Finding(
        "postgres.version",
        said.split(".", maxsplit=1)[0] in VERSIONS,
        f"PostgreSQL {said}",
        f"PostgreSQL {said}",
        "请使用 PostgreSQL 18",
        "use PostgreSQL 18",
    )


async def durable(conn: Connection) -> Finding:
    """A commit is on disk before it is answered."""
    rows = await conn.fetch(SQL_SETTINGS, PARTS)
    off = sorted(row["name"] for row in rows if row["setting"] == "off")
    return Finding(
        "postgres.durable",
        not off,
        f"已关闭：{'、'.join(off)}" if off else "提交即落盘",
        f"off: {', '.join(off)}" if off else "a commit is on disk before it is answered",
        "在 postgresql.conf 中设为 on 并重新加载",
        "set to on in postgresql.conf and reload",
    )


async def migrations(conn: Connection) -> Finding:
    """Everything this version of the programs needs has been applied."""
    from kit.migrate import known

    applied = {(row["scope"], row["name"]) for row in await conn.fetch(SQL_APPLIED)}
    behind = sorted(f"{scope}:{name}" for scope, name in known() - applied)
    return Finding(
        "postgres.migrations",
        not behind,
        f"未执行：{'、'.join(behind[:3])} 等 {len(behind)} 个" if behind else "迁移均已执行",
        f"{len(behind)} not applied: {', '.join(behind[:3])}" if behind else "all are applied",
        "执行 chuishao migrate",
        "run chuishao migrate",
    )


async def clocks(conn: Connection) -> Finding:
    """Business time is the time of the day, unless the database is simulated."""
    row = await conn.fetchrow(SQL_CLOCK)
    ahead: timedelta = row["ahead"]
    off = abs(ahead) > timedelta(seconds=5)
    said = f"{ahead.total_seconds():+.0f} s"
    mode = "模拟库" if row["simulated"] else "实时"
    return Finding(
        "clock.business",
        not off or row["simulated"],
        f"业务时钟 {said}（{mode}）",
        f"business clock {said} ({'simulated' if row['simulated'] else 'real'})",
        "核对数据库服务器的时间",
        "check the time of the database server",
    )


async def outboxes(conn: Connection) -> Finding:
    """Events leave within a minute."""
    rows = [row for row in await conn.fetch(SQL_OUTBOX) if row["waiting"]]
    late = [row for row in rows if row["age_s"] > OLD_S]
    said = "；".join(f"{r['service']} {r['waiting']:,} ({r['age_s']:.0f} s)" for r in late or rows)
    return Finding(
        "outbox.age",
        not late,
        f"待发布：{said}" if said else "没有积压",
        f"waiting: {said}" if said else "nothing waits",
        "见 docs/operations.md「Outbox that does not empty」",
        "see docs/operations.md, Outbox that does not empty",
    )


async def dead_letters(conn: Connection) -> Finding:
    """Nothing lies among the dead letters."""
    rows = await conn.fetch(SQL_DEAD_LETTERS)
    said = "，".join(f"{row['service']} {row['letters']}" for row in rows)
    early = sum(row["early"] for row in rows)
    return Finding(
        "dead_letters",
        not rows,
        f"死信：{said}，其中等待前一事件 {early}" if rows else "没有死信",
        f"open: {said}; {early} of them lack an earlier event" if rows else "none are open",
        "执行 chuishao deadletters list，查明原因后重放；等待前一事件的，所缺事件到达后自动处理",
        "run chuishao deadletters list, mend the cause, replay; what lacks an earlier event is applied"
        " by itself once that one comes",
    )


async def reconciled(conn: Connection) -> Finding:
    """Every publishing service has looked at its streams."""
    rows = await conn.fetch(SQL_RECONCILED)
    late = sorted({row["service"] for row in rows if row["late_s"] > OLD_S * 3})
    offered = sum(row["offered"] for row in rows)
    return Finding(
        "reconciler",
        not late,
        f"{'、'.join(late)} 已久未核对" if late else f"按时核对，共补发 {offered:,} 条",
        f"{', '.join(late)} looked long ago"
        if late
        else f"on time; {offered:,} offered again so far",
        "查看该服务日志中的 reconcile_put_off",
        "look for reconcile_put_off in the log of that service",
    )


async def locks(conn: Connection) -> Finding:
    """Nobody has been waiting for a lock for long."""
    row = await conn.fetchrow(SQL_LOCKS, LOCKED_S)
    blocked: int = row["blocked"]
    return Finding(
        "postgres.locks",
        not blocked,
        f"{blocked} 个会话被锁阻塞，最长 {row['s']:.0f} 秒" if blocked else "没有长时间的锁等待",
        f"{blocked} sessions blocked, up to {row['s']:.0f} s" if blocked else "no long waits",
        "用 pg_blocking_pids 找出持锁会话并结束它",
        "find the holder with pg_blocking_pids and end it",
    )


async def replicas(conn: Connection) -> Finding:
    """Every living router replica has the newest directory."""
    rows = await conn.fetch(SQL_REPLICAS)
    behind = [row for row in rows if row["version"] < (row["newest"] or 0)]
    said = "，".join(f"{row['replica']} v{row['version']}" for row in behind or rows)
    return Finding(
        "directory.replicas",
        bool(rows) and not behind,
        f"名录版本：{said}" if rows else "没有在线的派单副本",
        f"directory: {said}" if rows else "no living router replica",
        "查看派单服务日志；它应在一分钟内换用新版本",
        "see the router's log; it should take the newest version within a minute",
    )


CHECKS: Final[tuple[Check, ...]] = (
    version, durable, migrations, clocks, outboxes, dead_letters, reconciled, locks, replicas, chains,
    without,
)  # fmt: skip
