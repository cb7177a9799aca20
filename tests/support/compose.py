"""docker-compose.yml as data: read as compose reads it, and taken apart into plain values."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import typer
import yaml
from typer.core import TyperCommand, TyperGroup

from chuishao.cli import app

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docker-compose.yml"
DONE: Final = "service_completed_successfully"
HEALTHY: Final = "service_healthy"
_VARIABLE: Final = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")

Compose = dict[str, Any]


def load() -> Compose:
    """The file with merges done and `${NAME:-default}` replaced by the default; nothing shared."""
    text = _VARIABLE.sub(r"\1", FILE.read_text("utf-8")).replace("$$", "$")
    compose: Compose = json.loads(json.dumps(yaml.safe_load(text)))
    return compose


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of `volumes`: a host's path or a volume's name, the place inside, and whether read-only."""

    source: str
    target: str
    read_only: bool

    @property
    def is_path(self) -> bool:
        """True for a file or folder of the host."""
        return self.source.startswith((".", "/"))


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of `services`."""

    name: str
    raw: Mapping[str, Any]

    @property
    def ours(self) -> bool:
        """True when it runs our image."""
        return str(self.raw.get("image", "")).startswith("chuishao:")

    @property
    def lasting(self) -> bool:
        """True for what runs on; a job ends."""
        return str(self.raw.get("restart", "no")) != "no"

    @property
    def command(self) -> tuple[str, ...]:
        """The words after the image's entry point."""
        return tuple(self.raw.get("command") or ())

    @property
    def served(self) -> str | None:
        """The service of ours it runs, if any."""
        return self.command[1] if self.command[:1] == ("serve",) else None

    @property
    def environment(self) -> dict[str, str]:
        """Its variables as a container sees them."""
        return {
            name: "" if value is None else str(value)
            for name, value in self.raw.get("environment", {}).items()
        }

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What is mounted where."""
        return tuple(_mount(line) for line in self.raw.get("volumes", ()))

    @property
    def depends_on(self) -> Mapping[str, str]:
        """Name of another service to the condition that is waited for."""
        return {name: how["condition"] for name, how in self.raw.get("depends_on", {}).items()}

    @property
    def probe(self) -> tuple[str, ...]:
        """The words of its health check, without the leading CMD."""
        return tuple(self.raw.get("healthcheck", {}).get("test", ()))[1:]


def services(compose: Compose) -> Iterator[Service]:
    """Every service, in the order of the file."""
    for name, raw in compose["services"].items():
        yield Service(name, raw)


def start_order(compose: Compose) -> list[Service]:
    """Every service after those it depends on. Raises CycleError."""
    by_name = {service.name: service for service in services(compose)}
    graph = {name: set(service.depends_on) & set(by_name) for name, service in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def parse(words: tuple[str, ...], environment: Mapping[str, str]) -> TyperCommand:
    """The command that `chuishao WORDS` would run. Raises UsageError for one it would refuse."""
    command = typer.main.get_command(app)
    context = typer.Context(command)
    rest = list(words)
    name: str | None = "chuishao"
    with patch.dict(os.environ, environment, clear=True):
        while isinstance(command, TyperGroup):
            name, found, rest = command.resolve_command(context, rest)
            command = found or command
        command.make_context(name, rest)
    assert isinstance(command, TyperCommand)
    return command


def _mount(line: str) -> Mount:
    source, target, *mode = line.split(":")
    return Mount(source, target, read_only="ro" in mode)
