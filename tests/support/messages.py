"""Made-up messages of a made-up town, for the search for hot issues."""

from __future__ import annotations

import random
from typing import Final

COMPOUNDS: Final = (
    "金桂苑", "听松阁", "碧波湾", "春晓园", "白鹭洲", "望岳居", "石榴院", "星河府", "柳浪轩", "云杉郡",
    "东篱园", "南薰坊", "朗月湾", "枫桥府", "澄湖苑", "梧桐巷", "晴川居", "棠溪园", "麦田庭", "雁栖苑",
)  # fmt: skip
TITLES: Final = {
    "lift": ("{}电梯又停运了", "盼修{}的电梯", "{}电梯困人没人管", "{}小区电梯三天两头坏"),
    "water": ("{}停水两天了", "{}水压太低", "{}自来水发黄", "为什么{}小区总停水"),
    "smoke": ("{}楼下油烟呛人", "{}夜宵摊油烟扰民", "{}烧烤店没有烟道", "{}小区临街餐馆油烟直排"),
    "rubbish": ("{}垃圾没人清运", "反对在{}建垃圾站", "{}垃圾站臭气熏天", "{}小区垃圾成堆"),
    "building": ("{}旁工地半夜施工", "{}夜间施工噪音", "{}门口渣土车半夜跑", "{}小区对面打桩声"),
}
PHRASES: Final = {
    "lift": (
        "电梯停在六楼不动", "老人下不了楼", "维保单位说等配件", "昨晚电梯困人半小时", "只能爬楼梯上下",
        "轿厢里的按铃没人应", "换了两家维保还是坏", "电梯年检早过期了",
    ),
    "water": (
        "从前天起没有自来水", "高层水压低得流不出", "停水也没有通知", "来水以后是黄的", "自来水公司电话打不通",
        "二次供水泵房常跳闸", "做饭只能买桶装水", "早晚都停水",
    ),
    "smoke": (
        "一楼烧烤店油烟直排", "油烟味飘进卧室", "夜宵摊吵到两点", "餐馆没有专用烟道", "油烟净化器是摆设",
        "炒菜味熏得不敢开窗", "食客划拳到凌晨", "油污流到人行道",
    ),
    "rubbish": (
        "垃圾桶满了五天", "清运车一直不来", "苍蝇到处飞", "中转站离住宅不到二十米", "臭味传到楼上",
        "渗滤液流了一地", "环卫说不归他们", "夏天根本没法走过去",
    ),
    "building": (
        "每晚打桩到三点", "塔吊灯照进屋", "渣土车进进出出", "夜间施工没有许可", "孩子被吵得睡不着",
        "围挡外全是泥", "混凝土浇到天亮", "投诉了也不停工",
    ),
}  # fmt: skip
OPENINGS: Final = ("我住{}小区，", "我是{}小区的业主，", "{}小区", "反映一下，{}小区")


def message(compound: str, matter: str, which: int) -> tuple[str, str]:
    """Title and text number `which` about a matter in a compound; no two alike."""
    chance = random.Random(f"{compound} {matter} {which}")  # noqa: S311 - words, no secret
    said = "，".join(chance.sample(PHRASES[matter], 4))
    title = chance.choice(TITLES[matter]).format(compound)
    return title, f"{chance.choice(OPENINGS).format(compound)}{said}。请给{compound}一个答复。"


def town(hot: dict[tuple[str, str], int], seed: int = 0) -> list[tuple[str, str, int]]:
    """(compound, matter, number) of every message: each matter once in each compound, hot ones more."""
    told = [
        (compound, matter, which)
        for compound in COMPOUNDS
        for matter in TITLES
        for which in range(hot.get((compound, matter), 1))
    ]
    random.Random(seed).shuffle(told)  # noqa: S311 - a test's order, no secret
    return told
