"""Checks that ask NATS, as `ops` (streams, durables) and as `sys` (the server itself)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from chuishao.doctor.finding import Finding, ill

if TYPE_CHECKING:
    from nats.aio.client import Client

    from chuishao.secrets import Secrets

FULL: Final = 0.8
LAGGING: Final = 10_000
_ASK_S: Final = 3.0


async def settings(url: str, secrets: Secrets) -> Finding:
    """The server is set so that nothing acknowledged is lost and nobody hears what is not theirs."""
    from chuishao.broker_check import faults

    found = await faults(url, secrets)
    return Finding(
        "nats.settings",
        not found,
        f"不安全的设置：{'；'.join(found)}" if found else "消息确认前已落盘，须凭密钥连接",
        f"unsafe: {'; '.join(found)}"
        if found
        else "messages are on disk before they are acknowledged, keys are asked for",
        "按 docs/operations.md 改 nats-server 的设置并重启；确需接受时列入 CHUISHAO_NATS_ACCEPT",
        "set nats-server as docs/operations.md says, restart it; or name it in CHUISHAO_NATS_ACCEPT",
    )


async def accounts(url: str, seeds: Mapping[str, str], text: str) -> Finding:
    """The running server has read the accounts file as it is, and grants what it says."""
    from chuishao.account_check import differences

    found = await differences(url, seeds, text) if text else ["accounts.conf: missing"]
    return Finding(
        "nats.accounts",
        not found,
        f"与账户文件 {len(found)} 处不符：{'；'.join(found[:3])}"
        if found
        else "账户与权限与文件一致",
        f"{len(found)} differ from accounts.conf: {'; '.join(found[:3])}"
        if found
        else "accounts and permissions are as in accounts.conf",
        "执行 chuishao provision --directory 名录，重写账户文件并重新加载",
        "run chuishao provision --directory FOLDER: it writes the file and reloads it",
    )


async def store(client: Client) -> Finding:
    """There is room in the message store. As `sys`."""
    question = json.dumps({"config": True}).encode()
    reply = await client.request("$SYS.REQ.SERVER.PING.JSZ", question, timeout=_ASK_S)
    told = json.loads(reply.data)["data"]
    most, used = told.get("config", {}).get("max_storage", 0), told.get("storage", 0)
    share = used / most if most > 0 else 0.0
    return Finding(
        "nats.store",
        share < FULL,
        f"消息存储已用 {share:.0%}",
        f"{share:.0%} of the message store is used",
        "扩大磁盘或 max_file_store；满后新消息会被拒绝并留在发件箱",
        "enlarge the disk or max_file_store; when full, messages wait in the outbox",
    )


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
        return ill(
            "nats.consumers",
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
