"""A desk and a secretary's table with matters on them: what dispatcher, ruling officer and secretary are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from tests.support.world import World, until

OFFICE: Final = "JD-WYS"
SECRETARY: Final = f"secretary:{OFFICE}"
UNSURE: Final = (
    ("到底有没有人管, 打了八遍电话了", {"title": "多次反映无人处理"}),
    ("楼下那家店半夜还在放音响, 孩子第二天要上学, 已经说过好几次", {"title": "夜间噪声扰民"}),
    (
        "小区门口的大坑积满了水, 昨天有人骑车摔了",
        {"title": "路面坑洼积水", "address": "汽车站附近"},
    ),
)
DISPUTED: Final = (
    ("路灯全灭了, 老人晚上不敢出门", {"title": "路灯不亮", "address": "清潭街12号"}),
    ("道路两侧的路灯时亮时不亮, 过马路看不清", {"title": "路灯时亮时灭", "address": "清潭街20号"}),
)
WAITING: Final = (
    ("overdue_l4", "下水道反复堵, 一楼返水三个月了, 修了又堵", "下水道返水", "清潭街8号"),
    (
        "whistle_no_show",
        "楼前的违建棚子占了消防通道, 来看过一次就没下文",
        "违建占道",
        "影潭小区3号楼",
    ),
    ("repeat_3", "暖气只有一点温, 老人和孩子在家穿棉袄", "暖气不热", "后黄家园2号楼"),
    ("legacy", "电梯加装协商了两年, 一楼不同意, 一直没有结果", "加装电梯协商", "西山小区6号楼"),
    ("hot_issue", "同一条街的路灯坏了一排, 学生下晚自习害怕", "路灯成片不亮", "济安路45号"),
    ("returned_2", "垃圾桶满了四天没人清, 都堆到路面上了", "垃圾清运不及时", "影潭小区"),
    ("hold_expired", "楼道墙皮往下掉, 说等维修资金, 等了半年", "公共墙面脱落", "运输新村三区5号楼"),
)
REASONS: Final = {
    "overdue_l4": "逐级升级后仍未解决，居民多次来访",
    "whistle_no_show": "吹哨后部门未到场，需当面协调",
    "repeat_3": "同一户第三次反映，涉及老人过冬",
    "legacy": "历史遗留，须组织居民议事",
    "hot_issue": "多户集中反映同一路段",
    "returned_2": "两次退回，责任有争议",
    "hold_expired": "挂账到期，维修资金未落实",
}
CARE: Final = {"repeat_3": "living_alone", "legacy": "special_need"}


@dataclass
class Laid:
    """What was prepared."""

    returned: str = ""
    disputed: str = ""
    items: list[str] = field(default_factory=list)
    session: str = ""


async def ask(world: World, service: str, path: str, role: str, body: Any = None) -> dict[str, Any]:
    """Ask a service over HTTP; fails unless it said yes."""
    url = f"{world.info[service]}{path}"
    if body is None:
        answer = await world.http.get(url, headers=world.token(role))
    else:
        answer = await world.http.post(url, json=body, headers=world.token(role))
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def lay_desk(world: World) -> Laid:
    """Three tickets the router would not decide, one that was returned, one that is disputed."""
    laid = Laid()
    for text, fields in UNSURE:
        await world.file(text, **fields)
    first, second = [await world.file(text, **fields) for text, fields in DISPUTED]
    laid.returned, laid.disputed = first["number"], second["number"]
    for number in (laid.returned, laid.disputed):
        await world.ticket_when(number, lambda t: "result" in t["due"])
        await _give_back(
            world, number, "SZ", "CG-ZF", "该路段路灯由执法中队下属单位代管，不属本中心管养范围。"
        )
    to = {"unit": "CG-ZF", "reason": "请执法中队核实管养范围"}
    assert (await world.act(laid.disputed, "dispatch", role="dispatcher", data=to)).is_success
    await world.ticket_when(laid.disputed, lambda t: t["unit"] == "CG-ZF")
    await _give_back(
        world, laid.disputed, "CG-ZF", "SZ", "路灯设施资产在市政，中队无维修力量，应由市政办理。"
    )
    await world.ticket_when(laid.disputed, lambda t: t["status"] == "arbitration")
    return laid


async def lay_table(world: World) -> Laid:
    """Seven matters on the street's table, a day in an hour with four of them on its agenda."""
    laid = Laid()
    for rule, text, title, address in WAITING:
        item = await lay_matter(world, text, title, address, REASONS[rule])
        laid.items.append(item["item_id"])
        if rule in CARE:
            care = {"kind": CARE[rule]}
            await ask(
                world, "notifier", f"/v1/reception/queue/{item['item_id']}/care", SECRETARY, care
            )
    laid.session = await lay_day(world, laid.items[:4])
    return laid


async def lay_matter(
    world: World, text: str, title: str, address: str = "清潭街8号", reason: str = "居民多次来访"
) -> dict[str, Any]:
    """A ticket that the secretary put on the street's table; its item."""
    filed = await world.file(text, title=title, address=address)
    await world.ticket_when(filed["number"], lambda t: bool(t["due"]))
    await known(world, filed["complaint_id"])
    body = {"ticket": filed["number"], "reason": reason}
    return await ask(world, "notifier", "/v1/reception/queue", SECRETARY, body)


async def lay_day(world: World, items: Sequence[str]) -> str:
    """A reception day in an hour with these on its agenda."""
    starts_at = (await world.now() + timedelta(hours=1)).isoformat()
    day = {
        "org": OFFICE,
        "place": "街道二楼接待室",
        "starts_at": starts_at,
        "participants": ["SZ", "CG-ZF"],
    }
    made = await ask(world, "notifier", "/v1/reception/sessions", SECRETARY, day)
    session = str(made["session_id"])
    await sitting(world, session, "schedule", items=[*items])
    return session


async def sitting(world: World, session: str, step: str, **body: Any) -> dict[str, Any]:
    """A step of a session over HTTP, as the secretary."""
    path = f"/v1/reception/sessions/{session}/{step}"
    return await ask(world, "notifier", path, SECRETARY, body)


async def lay_decision(world: World, text: str, title: str, owner: str) -> dict[str, Any]:
    """What was decided about a matter of its own, and its unit has to carry out."""
    item = (await lay_matter(world, text, title))["item_id"]
    session = await lay_day(world, [item])
    await sitting(world, session, "hear", item=item, form="report")
    order = {"kind": "assign", "owner": owner, "text": text, "limit": "3wd"}
    told = await sitting(world, session, "decide", item=item, decisions=[order])
    [line] = [one for one in told["agenda"] if one["item_id"] == item]
    decision: dict[str, Any] = line["decisions"][0]
    return decision


async def decision_of(world: World, ident: str) -> dict[str, Any]:
    """A decision as the ledger has it now."""
    path = f"/v1/reception/decisions?org={OFFICE}&limit=100"
    found = await ask(world, "notifier", path, SECRETARY)
    return next(one for one in found["items"] if one["decision_id"] == ident)


async def decided(world: World, ident: str, step: str, role: str, **body: Any) -> dict[str, Any]:
    """A step of a decision over HTTP."""
    return await ask(world, "notifier", f"/v1/reception/decisions/{ident}/{step}", role, body)


async def known(world: World, complaint_id: str) -> None:
    """Wait until the notifier shows a ticket to the secretary, who then may put it on the table."""

    async def timed() -> bool:
        url = f"{world.info['notifier']}/v1/clocks/{complaint_id}"
        answer = await world.http.get(url, headers=world.token(SECRETARY))
        return answer.is_success

    await until(timed)


async def _give_back(world: World, number: str, unit: str, to: str, words: str) -> None:
    said = {"reason_code": "not_our_duty", "unit": to, "reason": words}
    answer = await world.act(number, "return", role=f"unit:{unit}", data=said)
    assert answer.is_success, answer.text
