"""What residents might say, put together from word lists of our own: any number of complaints.

Made to be hard for a search by likeness: a few hundred phrases are shared by everybody, places repeat,
and what sets two matters apart is a name, a number or one sentence. Seeded: the n-th is always the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_FIRST: Final = (
    "阳光", "锦绣", "翠湖", "金桂", "丽景", "东升", "和平", "嘉禾", "银杏", "紫荆", "望江", "临湖",
    "康宁", "百合", "幸福", "祥和", "青松", "绿洲", "时代", "都市", "学府", "龙泉", "凤鸣", "泉城",
    "彩虹", "星河", "海棠", "枫林", "春晓", "秋月", "福源", "富华", "宏泰", "兴隆", "顺达", "鑫园",
    "雅居", "御景", "天成", "大明", "文昌", "书香", "博雅", "新世纪", "滨河",
)  # fmt: skip
_SECOND: Final = (
    "花园", "小区", "新村", "家园", "名苑", "公寓", "佳苑", "华庭", "里", "宿舍", "新居", "一区",
    "二区", "三区", "北区", "南区",
)  # fmt: skip
_ROADS: Final = (
    "清泉", "建设", "解放", "胜利", "人民", "文化", "工业", "纬四", "经七", "历山", "北园", "明湖",
    "师范", "花园", "洪楼", "闵子", "二环", "堤口", "济洛", "无影", "标山", "工人", "蓝翔", "丁家",
    "黄台",
)  # fmt: skip
_ROAD_ENDS: Final = (
    "路", "大街", "街", "巷", "东路", "西路", "南路", "北街",
)  # fmt: skip
_SHOPS: Final = (
    "烧烤店", "超市", "洗车行", "棋牌室", "歌厅", "快递站", "早餐铺", "修理厂", "培训班", "理发店",
    "网吧", "菜店",
)  # fmt: skip
_SOUND: Final = "安白成德东方福广海和宏华佳建金景久开康乐丽林龙美民明宁鹏平齐庆仁瑞盛顺泰天同旺喜祥新兴雅阳宜永裕远悦泽正中"  # noqa: E501
_OPENINGS: Final = (
    "", "", "", "您好，", "你们好，我想反映一个情况，", "我是这里的业主，", "我打了好几次电话了，",
    "来电人反映，", "我是附近的居民，", "替我父母问一下，", "上个月反映过一次，", "麻烦记录一下，",
    "我们整栋楼都有意见，",
)  # fmt: skip
_SINCE: Final = (
    "已经{n}天了", "从上周开始", "前天夜里开始的", "断断续续有{n}个月", "一到周末就这样",
    "每天晚上{h}点以后最厉害", "从早上{h}点到现在", "今年是第{n}回", "下雨之后更严重",
    "去年冬天也有过一次", "入夏以来一直如此", "刚才又发生了",
)  # fmt: skip
_HARM: Final = (
    "老人出门不方便", "孩子没法写作业", "晚上睡不着觉", "差点摔倒", "味道很大不敢开窗",
    "车子也开不进来", "已经有人受伤", "楼下邻居都在抱怨", "上班都耽误了", "家里东西泡坏了",
    "担心出安全事故", "影响整栋楼{n}户人家", "做生意也受影响", "坐轮椅的根本过不去",
    "小孩在旁边玩很危险", "冰箱里的东西都坏了",
)  # fmt: skip
_TRIED: Final = (
    "找过物业，物业说不归他们管。", "社区来看过一次就没下文了。", "打过{n}次电话，每次都说在处理。",
    "上次说三天解决，到今天没人来。", "跟对方说过，对方态度很差。",
    "之前给过一个答复，说正在协调。", "没有找过别的部门。", "群里问了，没有人回。", "", "", "",
    "工作人员说要等领导批。", "有照片和视频可以提供。",
)  # fmt: skip
_ASKS: Final = (
    "希望尽快处理。", "请有关部门核实处理并回复。", "要求给一个明确的时间。",
    "希望派人现场看一下。", "请帮忙协调解决，谢谢。", "希望有人管一管。", "要求恢复原样。",
    "想问一下到底归谁管。", "请给个说法。", "希望以后不要再发生。", "",
)  # fmt: skip
THEMES: Final[dict[str, tuple[str, ...]]] = {
    "SZ-LD": ("路灯不亮", "{at}路边的路灯有{n}盏不亮", "路灯杆歪了，灯罩也碎了", "整条路的灯全灭了，黑得看不见路"),
    "WY-DT": ("电梯故障", "{at}的电梯停了，{n}楼的老人下不来", "电梯按了没反应，门关不上", "有人被困在电梯里{n}分钟"),
    "HW-LJ": ("垃圾没人清", "{at}的垃圾桶满了没人拉，堆了一地", "垃圾车几天没来", "有人往楼道里扔厨余垃圾"),
    "WY-GS": ("下水道返水", "{at}一楼的厨房地漏往外冒脏水", "化粪池满了，院里全是污水", "主管道堵了，楼上一用水就返"),
    "GD-TD": ("经常停电", "{at}又停电了，一晚上跳闸{n}次", "电压不稳，灯一闪一闪的", "停电没有提前通知"),
    "CG-ZD": ("占道经营", "{at}有{n}个摊子占着人行道卖烧烤", "{shop}把桌子摆到马路上", "早市散了以后一地烂菜叶"),
    "HJ-ZS": ("噪音扰民", "{at}的{shop}半夜还在放音乐", "工地凌晨{h}点还在打桩", "楼上空调外机嗡嗡响"),
    "SW-TS": ("停水水压低", "{at}从早上就没有水", "水压太低，{n}楼以上放不出水", "自来水发黄有味道"),
    "JT-TC": ("乱停车", "{at}的消防通道停满了车", "有辆面包车停了{n}个月没动", "人行道上全是电动车"),
    "SC-SP": ("食品过期", "{at}的{shop}卖过期牛奶", "买的熟食里吃出虫子", "{shop}没有证件就开业了"),
    "NR-BR": ("暖气不热", "{at}家里只有{n}度", "暖气片一半凉一半热", "交了费一直没有送暖"),
    "WY-SF": ("物业乱收费", "{at}的物业多收了{n}百块公摊费", "停车费涨价没有公示", "不交钱就不给办门禁卡"),
    "LH-SM": ("树木遮挡", "{at}楼前的树把窗户全挡住了", "树枝断了搭在电线上", "绿化带枯死没有人补"),
    "WJ-DS": ("违法搭建", "{at}顶楼有人在加盖房子", "一楼把公共绿地围成自己的院子", "{shop}私搭彩钢棚"),
    "DL-PS": ("路面破损", "{at}门口的路有个大坑，{n}米长", "井盖没有了，拿木板盖着", "修完路没有恢复，全是土"),
    "RQ-GD": ("燃气问题", "{at}楼道里有煤气味", "燃气表坏了不走字", "报修{n}天没有人来"),
}  # fmt: skip
"""Category code to its title and what is said of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One made-up complaint."""

    category: str
    title: str | None
    text: str
    address: str
    phone: str


class Speaker:
    """Says the n-th complaint of a seed; `places` are names the city's directory knows."""

    def __init__(self, seed: int, places: Sequence[str]) -> None:
        self._seed = seed
        self._places = tuple(places)

    def say(self, n: int) -> Said:
        """The n-th complaint, always the same."""
        rng = random.Random(self._seed * 1_000_003 + n)  # noqa: S311 - varied, not secret
        category = rng.choice(tuple(THEMES))
        title, *facts = THEMES[category]
        place = self._place(rng)
        number = min(int(rng.expovariate(0.08)) + 1, 200)
        address = rng.choice(
            (
                f"{place}{number}号楼",
                f"{place}{number}号楼{number % 5 + 1}单元",
                f"{place}{number}号",
            )
        )
        return Said(
            category,
            title if rng.random() < 0.6 else None,  # noqa: PLR2004 - most operators write one
            _text(rng, facts, rng.choice((place, "我们这里", "小区门口", "楼下"))),
            address,
            f"1{rng.choice('35789')}{rng.randrange(10**9):09d}",
        )

    def again(self, said: Said, n: int) -> Said:
        """The same matter as somebody else would report it: other words around the same facts."""
        rng = random.Random(self._seed * 7_000_003 + n)  # noqa: S311 - varied, not secret
        halves = said.text.split("，")
        rng.shuffle(halves)
        text = _fill(rng, rng.choice(_OPENINGS), "") + "，".join(halves) + rng.choice(_ASKS)
        return Said(said.category, said.title, text, said.address, f"139{rng.randrange(10**8):08d}")

    def _place(self, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.1 and self._places:  # noqa: PLR2004 - a tenth is about the directory's own places
            return rng.choice(self._places)
        if kind < 0.75:  # noqa: PLR2004 - most matters are about where people live
            return rng.choice(_FIRST) + rng.choice(_SECOND)
        return rng.choice(_ROADS) + rng.choice(_ROAD_ENDS)


def _text(rng: random.Random, facts: Sequence[str], at: str) -> str:
    rounds = rng.choice((1, 1, 1, 1, 1, 2, 2, 2, 3, 12))  # half are short, a tenth are long letters
    parts = [rng.choice(_OPENINGS)]
    for _ in range(rounds):
        parts += [
            rng.choice(facts), "，", rng.choice(_SINCE), "，", rng.choice(_HARM), "。",
            rng.choice(_TRIED),
        ]  # fmt: skip
    parts.append(rng.choice(_ASKS))
    return _fill(rng, "".join(parts), at)


def _fill(rng: random.Random, shape: str, at: str) -> str:
    shop = "".join(rng.choices(_SOUND, k=2)) + rng.choice(_SHOPS)
    return shape.format(at=at, n=rng.randrange(2, 30), h=rng.randrange(1, 12), shop=shop)
