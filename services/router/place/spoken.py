"""Names as people say them: the forms that stand for an area beside its official name.

A community registered as 东风社区居民委员会 is called 东风社区, 东风居委会, or just 东风; a subdistrict
无影山街道 is 无影山街道办事处, 无影山办事处. Endings follow the statistical divisions of 2023, where one
kind of body has a dozen spellings. The bare stem is weak: it may be any word, so it counts in an
address only, and only where a stronger name agrees with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contracts.directory import AreaLevel

_VILLAGE: Final = ("村民委员会", "村委会")
_COMMUNITY: Final = (
    "社区居民委员会", "社区居委会", "社区居民委会", "居民委员会", "居委会", "居民委会", "社区",
)  # fmt: skip
_SUBDISTRICT: Final = ("街道办事处", "街道办", "街道")
_TOWN: Final = ("镇人民政府", "乡人民政府", "镇", "乡")
MIN_STEM: Final = 2


def strong(name: str, level: AreaLevel | str) -> Iterator[str]:
    """Forms that stand for this area and hardly for anything else, the name itself first."""
    yield name
    if level == AreaLevel.COMMUNITY:
        yield from _of_community(name)
    elif level == AreaLevel.SUBDISTRICT:
        yield from _of_subdistrict(name)


def weak(name: str, level: AreaLevel | str) -> str | None:
    """The bare stem (东风, 无影山); None where there is none of two characters or more."""
    endings: tuple[str, ...] = ()
    if level == AreaLevel.COMMUNITY:
        endings = (*(f"村{e}" for e in _COMMUNITY), *_COMMUNITY, *_VILLAGE, "村")
    elif level == AreaLevel.SUBDISTRICT:
        endings = (*_SUBDISTRICT, *_TOWN)
    elif level == AreaLevel.DISTRICT:
        endings = ("区", "县", "市")
    stem = _without(name, endings)
    return stem if stem is not None and len(stem) >= MIN_STEM else None


def _of_community(name: str) -> Iterator[str]:
    village = _without(name, _VILLAGE)
    if village is not None and len(village) >= MIN_STEM:
        base = village.removesuffix("村")
        yield from (f"{base}村", f"{base}村委会", f"{base}村民委员会")
        return
    stem = _without(name, _COMMUNITY)
    if stem is not None and len(stem) >= MIN_STEM:
        yield from (f"{stem}社区", f"{stem}居委会", f"{stem}社区居委会", f"{stem}社区居民委员会")
        if stem.endswith("村"):
            yield stem


def _of_subdistrict(name: str) -> Iterator[str]:
    stem = _without(name, _SUBDISTRICT)
    if stem is not None and len(stem) >= MIN_STEM:
        yield from (
            f"{stem}街道",
            f"{stem}街道办",
            f"{stem}街道办事处",
            f"{stem}办事处",
            f"{stem}街办",
        )


def _without(name: str, endings: tuple[str, ...]) -> str | None:
    """`name` without the first ending it has."""
    return next((name.removesuffix(e) for e in endings if name.endswith(e)), None)
