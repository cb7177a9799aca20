"""What a text talks about, and where: its n-grams, and which of them are parts of place names. Pure.

No dictionary of a city's compounds is needed: a run of characters that usually stands right after a
district or right before 小区, 学校, 路 and the like is part of a name, one that stands anywhere is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Marks: TypeAlias = NDArray[np.bool_]

TEXT_LIMIT: Final = 500
"""Characters of a text that are read; what follows is mostly repetition and quotation."""
LENGTHS: Final = (2, 3)
PAIRS: Final = 1 << 20
TRIPLES: Final = 1 << 22
"""Buckets that n-grams of two and of three characters are hashed into: memory does not grow with texts."""
BUCKETS: Final = PAIRS + TRIPLES

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
"""Last characters of names of roads, compounds, villages, stations; part of the name, unlike a kind."""
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
_AFTER: Final = 4
_BEFORE_KIND: Final = 5
_BEFORE_ENDING: Final = 4


@dataclass(frozen=True, slots=True)
class Grams:
    """The different n-grams of one text, by bucket."""

    buckets: Ints
    counts: Ints
    titled: Marks
    """True where the title holds it."""
    placed: Ints
    """How many of its occurrences lie inside what looks like a name."""


def plain(text: str) -> str:
    """Width and case folded, everything but letters, digits and Chinese characters made a space."""
    return _NOISE.sub(" ", unicodedata.normalize("NFKC", text).lower())


def read(title: str, text: str) -> Grams:
    """The n-grams of a title and a text; never raises on any string."""
    head = plain(title)
    said = f"{head} {plain(text[:TEXT_LIMIT])}"
    named = _marked(len(said), _name_spans(said))
    said = _blank(_COURTESY, _blank(_DISTRICT, said))
    common = _marked(len(said), ((m.start(), m.end()) for m in _COMMON.finditer(said)))
    codes = np.frombuffer(said.encode("utf-32-le"), np.uint32).astype(np.uint64)
    parts = [_windows(codes, named, common, size) for size in LENGTHS]
    buckets = np.concatenate([part[0] for part in parts])
    starts_at_most = np.concatenate([part[1] for part in parts])
    placed = np.concatenate([part[2] for part in parts])
    unique, inverse = np.unique(buckets, return_inverse=True)
    counts = np.bincount(inverse, minlength=len(unique))
    titled = np.bincount(inverse, weights=starts_at_most <= len(head), minlength=len(unique)) > 0
    inside = np.bincount(inverse, weights=placed, minlength=len(unique)).astype(np.int64)
    return Grams(unique, counts, titled, inside)


def districts(text: str) -> list[str]:
    """Cities, districts and counties a text names."""
    return [m.group() for m in _DISTRICT.finditer(plain(text))]


def named_parts(text: str) -> list[str]:
    """Stretches that look like names with the kind of place behind them, courtesies cut out."""
    said = plain(text)
    kinds = ((m.start(), m.end()) for m in _KIND.finditer(said))
    marks = _marked(len(said), chain(_name_spans(said), kinds))
    said = _blank(_COURTESY, _blank(_DISTRICT, said))
    return "".join(c if mark else " " for c, mark in zip(said, marks, strict=True)).split()


def bare(part: str) -> bool:
    """True when something is left of a stretch without the words that name nothing."""
    return len(_COMMON.sub("", part)) >= LENGTHS[0]


def _windows(codes: Any, named: Marks, common: Marks, size: int) -> tuple[Ints, Ints, Marks]:
    """Bucket, end, and whether inside a name, of each run of `size` characters without a space."""
    count = max(0, len(codes) - size + 1)
    starts = np.arange(count)
    whole = _sums(codes != ord(" "), size, count) == size
    worn = _sums(common, size, count)
    inside = (_sums(named, size, count) == size) & (size - worn >= LENGTHS[0])
    seam = (_sums(named | common, size, count) == size) & (worn > 0) & (worn < size) & ~inside
    whole &= ~seam
    value = np.zeros(count, np.uint64)
    for offset in range(size):
        value = value * np.uint64(1_000_003) + codes[offset : offset + count]
    value = (value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    room, first = (PAIRS, 0) if size == LENGTHS[0] else (TRIPLES, PAIRS)
    buckets = (value % np.uint64(room)).astype(np.int64) + first
    return buckets[whole], (starts + size)[whole], inside[whole]


def _sums(marks: Marks, size: int, count: int) -> Ints:
    sums = np.concatenate([[0], np.cumsum(marks)])
    found: Ints = (sums[size:] - sums[:-size])[:count] if count else np.zeros(0, np.int64)
    return found


def _name_spans(said: str) -> Iterator[tuple[int, int]]:
    """Where names probably stand: behind a district or town, before a kind, up to an ending."""
    for pattern in (_DISTRICT, _TOWN):
        for m in pattern.finditer(said):
            yield m.end(), m.end() + _AFTER
    for m in _KIND.finditer(said):
        yield m.start() - _BEFORE_KIND, m.start()
    for m in _ENDING.finditer(said):
        yield m.start() - _BEFORE_ENDING, m.end()


def _marked(length: int, spans: Iterable[tuple[int, int]]) -> Marks:
    marks = np.zeros(length, np.bool_)
    for start, end in spans:
        marks[max(0, start) : end] = True
    return marks


def _blank(pattern: re.Pattern[str], said: str) -> str:
    return pattern.sub(lambda m: " " * len(m.group()), said)
