"""Checks that ask NATS, as `ops` (streams, durables) and as `sys` (the server itself)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from chuishao.doctor.finding import Finding

if TYPE_CHECKING:
    from nats.aio.client import Client

VERSION_FROM: Final = (2, 15)
FULL: Final = 0.8
LAGGING: Final = 10_000
_ASK_S: Final = 3.0


async def server(client: Client) -> list[Finding]:
    """What the server says of itself: version, how it syncs, how full its store is. As `sys`."""
    reply = await client.request(
        "$SYS.REQ.SERVER.PING.JSZ", json.dumps({"config": True}).encode(), timeout=_ASK_S
    )
    told = json.loads(reply.data)
    return judge(told["server"], told["data"])


def judge(who: dict[str, Any], jetstream: dict[str, Any]) -> list[Finding]:
    """The findings about one server."""
    config = jetstream.get("config", {})
    version = tuple(int(word) for word in who["ver"].split("-")[0].split(".")[:2])
    most, used = config.get("max_storage", 0), jetstream.get("storage", 0)
    share = used / most if most > 0 else 0.0
    always = bool(config.get("sync_always"))
    return [
        Finding(
            "nats.version",
            version >= VERSION_FROM,
            f"nats-server {who['ver']}",
            f"nats-server {who['ver']}",
            "请使用 2.15.1 或更新版本",
            "use 2.15.1 or newer",
        ),
        Finding(
            "nats.sync",
            always,
            "消息确认前已落盘" if always else "确认的消息可能尚未落盘",
            "a message is on disk before it is acknowledged"
            if always
            else "an acknowledged message may not be on disk yet",
            "在 nats 配置的 jetstream 中设 sync_interval: always 并重启",
            "set sync_interval: always under jetstream in the server's configuration, restart it",
        ),
        Finding(
            "nats.store",
            share < FULL,
            f"消息存储已用 {share:.0%}",
            f"{share:.0%} of the message store is used",
            "扩大磁盘或 max_file_store；满后新消息会被拒绝并留在发件箱",
            "enlarge the disk or max_file_store; when full, messages wait in the outbox",
        ),
    ]


async def topology(client: Client, durables: Collection[tuple[str, str]]) -> Finding:
    """Streams and durables as they should be; `durables` are those of offices: (stream, name). As `ops`."""
    from kit.keeping import names
    from kit.provision import consumers_of, make

    wrong = await make(client, consumers_of((), ()), check=True)
    there = {stream: await names(client, stream) for stream in {one for one, _ in durables}}
    wrong += [f"{name}: missing" for stream, name in durables if name not in there[stream]]
    return Finding(
        "nats.topology",
        not wrong,
        f"{len(wrong)} 处不符：{'；'.join(wrong[:3])}" if wrong else "消息流与消费者齐全",
        f"{len(wrong)} differ: {'; '.join(wrong[:3])}"
        if wrong
        else "streams and durables are whole",
        "执行 chuishao provision --directory 名录",
        "run chuishao provision --directory FOLDER",
    )


async def consumers(client: Client) -> Finding:
    """The services' durables keep up and are not ahead of their streams. As `ops`."""
    from contracts.topology import CONSUMERS
    from kit.jetstream import ask

    last: dict[str, int] = {}
    lagging, ahead = [], []
    for spec in CONSUMERS:
        if spec.stream not in last:
            stream = await ask(client, f"STREAM.INFO.{spec.stream}")
            last[spec.stream] = stream["state"]["last_seq"] if stream else 0
        info = await ask(client, f"CONSUMER.INFO.{spec.stream}.{spec.name}")
        if info is None:
            continue
        if info["num_pending"] > LAGGING:
            lagging.append(f"{spec.name} {info['num_pending']:,}")
        if info["ack_floor"]["stream_seq"] > last[spec.stream]:
            ahead.append(spec.name)
    if ahead:
        return Finding(
            "nats.consumers",
            False,  # noqa: FBT003 - the second word of a finding
            f"超前于消息流：{'、'.join(ahead)}",
            f"ahead of the stream: {', '.join(ahead)}",
            "删除该消费者，由 chuishao provision 重建；重复的消息不起作用",
            "delete the durable and provision; repeats have no effect",
        )
    return Finding(
        "nats.consumers",
        not lagging,
        f"落后：{'；'.join(lagging)}" if lagging else "消费者跟得上",
        f"behind: {'; '.join(lagging)}" if lagging else "the durables keep up",
        "查看该服务日志与数据库负载",
        "see the log of that service and the load of the database",
    )
