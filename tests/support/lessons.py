"""Made-up labelled complaints, and a model learned from them, for tests of the category model."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Final

from services.router.category.labelled import Example
from services.router.category.learning import Learned, Task, learn
from services.router.category.model import Model

WORDS: Final = {
    "LJ-DF": ("垃圾桶满了", "厨余没人清运", "楼道堆杂物", "臭味很大", "保洁一周没来", "废纸箱成堆"),
    "WY-DT": ("电梯停运", "轿厢抖得厉害", "被困在梯里", "按键失灵", "维保不到位", "爬十二楼"),
    "SZ-LD": ("路灯不亮", "灯杆歪了", "夜里一片黑", "灯罩掉落", "线路裸露", "巷口没有照明"),
}
POLITE: Final = (
    "您好，",
    "请问谁管：",
    "多次反映，",
    "麻烦处理，",
    "老人孩子不方便，",
    "已经半个月，",
)


def examples(each: int = 40, seed: int = 7) -> list[Example]:
    """`each` texts of every label, alike every time."""
    chance = random.Random(seed)  # noqa: S311 - examples, no secret
    return [
        Example(
            chance.choice(words) if chance.random() < 0.5 else None,
            chance.choice(POLITE) + "，".join(chance.sample(words, 2)) + f"，{chance.random():.9f}",
            label,
        )
        for label, words in WORDS.items()
        for _ in range(each)
    ]


def silent(*_: object) -> None:
    """A progress nobody watches."""


@cache
def learned() -> Learned:
    """Learned and measured on examples held out."""
    return learn(Task(examples(), target=0.9), silent)


def model(version: int = 0, threshold: float | None = None) -> Model:
    """The model of `learned`, with another version or threshold."""
    known = learned().model
    chosen = known.threshold if threshold is None else threshold
    return replace(known, version=version, threshold=chosen)
