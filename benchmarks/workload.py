"""Complaints that end at units with an own NATS consumer, no two alike."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import orjson

UNITS = ("SZ", "CG-ZF", "SJ", "GD")
_SHAPES = (
    ("清潭街{n}号", "路灯坏了, 晚上黑咕隆咚的, 老人出门摔了一跤, 第{i}天了还没人修", "路灯不亮"),
    (
        "影潭小区{n}号楼",
        "楼下有人占道经营摆烧烤摊, 油烟呛得开不了窗, 这是第{i}回反映了",
        "烧烤摊占道",
    ),
    (
        "阳光花园{n}号楼",
        "小区门口超市卖过期食品, 牛奶过期{i}天还摆着卖, 跟他理论还骂人",
        "过期食品",
    ),
    ("运达华庭{n}号楼", "又停电了, 跳闸, 这个月停了{i}回, 冰箱里东西全坏了", "经常停电"),
)


def bodies(tag: str | None = None, *, one_unit: bool = False) -> Iterator[bytes]:
    """JSON bodies for ever, every text its own; for the first of the units alone where wanted."""
    run = tag or os.urandom(3).hex()
    shapes = _SHAPES[:1] if one_unit else _SHAPES
    for i in itertools.count():
        address, text, title = shapes[i % len(shapes)]
        yield orjson.dumps(
            {
                "channel": "hotline",
                "kind": "complaint",
                "title": title,
                "text": f"{text.format(i=i % 90)}。来电编号{run}{i}",
                "address": address.format(n=i % 9 + 1),
                "requester": {"name": "王某某", "phone": f"1380000{i % 10000:04d}"},
            }
        )
