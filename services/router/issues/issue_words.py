"""The words of a message as far as places and matters go: names, kinds of place, courtesies. Pure.

No dictionary of a city's compounds is needed: names stand behind a district and before 小区, 学校, 路.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

READ: Final = 200
"""Characters of a text from which `pairs` are taken: what it is about is said at its beginning."""

_NOISE: Final = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_DISTRICT: Final = re.compile(
    r"(?:(?<![a-z0-9])[a-z][0-9]{0,2}|[\u4e00-\u9fff]{2})"
    r"(?:(?<![城超门夜菜股上集都])市|(?<![小社园市地校景片城])区|县)"
    r"|[\u4e00-\u9fff]{2}省"
)
"""A city, district or county; a letter with a number where the names were made anonymous."""
_TOWN: Final = re.compile(r"街道|镇|乡")
_KIND: Final = re.compile(
    "小区|社区|花园|家园|公园|新村|新城|公馆|大厦|广场|中心|中学|小学|学校|幼儿园|大学|学院|医院"
    "|公司|集团|市场|超市|楼盘|项目|工地"
)
_ENDING: Final = re.compile(
    "大道|路|街|巷|弄|村|组|苑|院|园|城|府|邸|湾|洲|岛|郡|庭|轩|阁|坊|墅|居|公寓|桥|湖|国际|号线"
)
"""Last characters of names of roads, compounds, villages; part of the name, unlike a kind."""
_COMMON: Final = re.compile(
    _KIND.pattern
    + "|国际|号线|地铁|公交|有限|责任|科技|职业|技术|建设|置业|房地产|实业|投资|物业|普惠|公办|民办|配套"
    "|私立|公立|附近|旁边|门口|对面|住宅|商业|开发|高速|城际|铁路|轨道|交通|公共|农村|街道|管理|服务"
    "|培训|教育|生活|安置|临街|沿街|[一二三四五六]期|[东南西北]路|大桥|大道"
)
"""Words in and beside names that name nothing by themselves."""
_COURTESY: Final = re.compile(
    "尊敬的|领导|您好|你好|书记|市长|县长|区长|局长|咨询|请问|询问|反映|投诉|举报|建议|希望|请求|恳请"
    "|强烈|要求|呼吁|关于|有关|相关|部门|问题|情况|什么时候|何时|合理吗|是否|怎么办|为什么|为何|能否"
    "|可以|我们|我是|我的|他们|没有|一个|这个|现在|因为|所以|但是|如果|谢谢|感谢|进行|解决|处理|严重"
    "|事宜|请|的"
)
"""How petitions open and close, whatever they are about."""
_PLACE_END: Final = re.compile(f"(?:{_KIND.pattern}|{_ENDING.pattern}|{_TOWN.pattern})$")
_AFTER: Final = 4
_BEFORE_KIND: Final = 5
_BEFORE_ENDING: Final = 4


def plain(text: str) -> str:
    """Width and case folded, everything but letters, digits and Chinese characters made a space."""
    return _NOISE.sub(" ", unicodedata.normalize("NFKC", text).lower())


def districts(text: str) -> list[str]:
    """Cities, districts and counties a text names."""
    return [m.group() for m in _DISTRICT.finditer(plain(text))]


def named_parts(text: str) -> list[str]:
    """Stretches that look like names with the kind of place behind them, courtesies cut out."""
    said = plain(text)
    marks = bytearray(len(said))
    for start, end in (*name_spans(said), *(m.span() for m in _KIND.finditer(said))):
        at = slice(max(0, start), end)
        marks[at] = b"\1" * len(marks[at])
    kept = bare_of_courtesy(said)
    return "".join(c if mark else " " for c, mark in zip(kept, marks, strict=True)).split()


def bare(part: str) -> bool:
    """True when something is left of a stretch without the words that name nothing."""
    return len(_COMMON.sub("", part)) > 1


def ends_as_place(part: str) -> bool:
    """True when a stretch ends as names of places do."""
    return _PLACE_END.search(part) is not None


def name_spans(said: str) -> Iterator[tuple[int, int]]:
    """Where names probably stand: behind a district or town, before a kind, up to an ending."""
    for pattern in (_DISTRICT, _TOWN):
        for m in pattern.finditer(said):
            yield m.end(), m.end() + _AFTER
    for m in _KIND.finditer(said):
        yield m.start() - _BEFORE_KIND, m.start()
    for m in _ENDING.finditer(said):
        yield m.start() - _BEFORE_ENDING, m.end()


def common_spans(said: str) -> Iterator[tuple[int, int]]:
    """Where words stand that name nothing by themselves."""
    return (m.span() for m in _COMMON.finditer(said))


def bare_of_courtesy(said: str) -> str:
    """Districts and courtesies made spaces; the length stays."""
    return _blank(_COURTESY, _blank(_DISTRICT, said))


def pairs(title: str | None, text: str) -> frozenset[str]:
    """Pairs of neighbouring characters of what is said, without districts and courtesies."""
    said = bare_of_courtesy(plain(f"{title or ''} {text[:READ]}"))
    return frozenset(part[at : at + 2] for part in said.split() for at in range(len(part) - 1))


def _blank(pattern: re.Pattern[str], said: str) -> str:
    return pattern.sub(lambda m: " " * len(m.group()), said)
