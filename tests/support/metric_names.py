"""The metrics our code exports, and what an expression of Prometheus asks for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Final

from prometheus_client.metrics import MetricWrapperBase

import kit
import services

SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
OF_PROMETHEUS: Final = frozenset({"le", "job", "instance", "alertname", "alertstate"})
_NAME: Final = re.compile(r"\bchuishao_\w+")
_MATCHED: Final = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPED: Final = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


@cache
def exported() -> Mapping[str, frozenset[str]]:
    """Name of each series as a scrape shows it, and its labels."""
    found = {}
    for module in _modules():
        for value in vars(module).values():
            if isinstance(value, MetricWrapperBase):
                for family in value.describe():
                    for suffix in SUFFIXES[family.type]:
                        found[family.name + suffix] = frozenset(value._labelnames)
    return found


def unknown(expression: str) -> set[str]:
    """Names and labels in an expression that no code of ours and no Prometheus provides."""
    names = set(_NAME.findall(expression))
    missing = names - set(exported())
    grouped = {word.strip() for words in _GROUPED.findall(expression) for word in words.split(",")}
    labels = grouped | set(_MATCHED.findall(expression))
    provided = OF_PROMETHEUS.union(*(exported()[name] for name in names - missing))
    return missing or labels - provided


def _modules() -> Iterator[ModuleType]:
    for root in (kit, services):
        for entry in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if not entry.name.endswith("__main__"):
                yield importlib.import_module(entry.name)
