"""What docker-compose.yml has to keep, one rule a function: it yields a sentence for each fault."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from graphlib import CycleError
from typing import Any, Final, cast

from fastapi import FastAPI
from pydantic import SecretStr
from typer._click.exceptions import UsageError

from kit.http import Shared
from kit.settings import ServiceSettings
from tests.support.compose import (
    DONE,
    HEALTHY,
    ROOT,
    Compose,
    Service,
    parse,
    services,
    start_order,
)

SECRETS_DIR: Final = "CHUISHAO_SECRETS_DIR"
"""Read by kit.settings itself, before there are settings."""
PREFIX: Final = "CHUISHAO_"
_PINNED: Final = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+[a-z0-9.-]*")
_PROBED: Final = re.compile(r"(/[a-z]+)\b(?=[\"'])")
_SECRET_NAME: Final = re.compile(r"PASSWORD|SECRET|SEED|TOKEN|KEY")
_PASSWORD_IN_URL: Final = re.compile(r"://[^/@:]*:[^/@]+@")

Rule = Callable[[Compose], Iterator[str]]


def faults(compose: Compose) -> list[str]:
    """Every fault under every rule."""
    return [fault for rule in RULES for fault in rule(compose)]


def commands_exist(compose: Compose) -> Iterator[str]:
    """Our containers run commands of the `chuishao` program, with words it takes."""
    for service in _ours(compose):
        if not service.command:
            continue  # the image's own: it shows the help
        try:
            parse(service.command, service.environment)
        except UsageError as error:
            yield f"{service.name}: {' '.join(service.command)}: {error.format_message()}"


def variables_exist(compose: Compose) -> Iterator[str]:
    """A variable is a field of the service's settings or named by an option of the command."""
    for service in _ours(compose):
        known, needed = _variables(service)
        given = {name for name in service.environment if name.startswith(PREFIX)}
        yield from (f"{service.name}: nobody reads {name}" for name in sorted(given - known))
        yield from (f"{service.name}: needs {name}" for name in sorted(needed - given))


def health_checks_work(compose: Compose) -> Iterator[str]:
    """What runs on is asked how it is; ours at a path that its app has."""
    for service in services(compose):
        if service.lasting and not service.probe:
            yield f"{service.name}: no health check"
        elif service.served:
            asked = set(_PROBED.findall(" ".join(service.probe)))
            if len(asked) != 1 or not asked <= _paths(service.served):
                yield f"{service.name}: its app has no {' or '.join(sorted(asked)) or 'such path'}"


def mounts_exist(compose: Compose) -> Iterator[str]:
    """A mounted path is in the repository and read-only; a volume is declared, and used."""
    declared = set(compose.get("volumes", {}))
    used = set()
    for service in services(compose):
        for mount in service.mounts:
            if not mount.is_path:
                used.add(mount.source)
            elif not (ROOT / mount.source).exists():
                yield f"{service.name}: there is no {mount.source}"
            elif not mount.read_only:
                yield f"{service.name}: {mount.source} is not mounted read-only"
    yield from (f"volume {name} is not declared" for name in sorted(used - declared))
    yield from (f"volume {name} is not used" for name in sorted(declared - used))


def images_are_pinned(compose: Compose) -> Iterator[str]:
    """An image is named with its version, at least major and minor."""
    for service in services(compose):
        image = str(service.raw.get("image", ""))
        if not _PINNED.fullmatch(image):
            yield f"{service.name}: image {image!r} is not pinned"


def containers_are_confined(compose: Compose) -> Iterator[str]:
    """Not root, nothing writable but volumes and /tmp, no capability, no new privilege."""
    for service in services(compose):
        raw = service.raw
        if not re.fullmatch(r"[1-9]\d*:\d+", str(raw.get("user", ""))):
            yield f"{service.name}: may run as root"
        if raw.get("read_only") is not True:
            yield f"{service.name}: its root file system can be written"
        if "/tmp" not in raw.get("tmpfs", ()):
            yield f"{service.name}: has no /tmp"
        if raw.get("cap_drop") != ["ALL"] or raw.get("cap_add") or raw.get("privileged"):
            yield f"{service.name}: keeps capabilities"
        if "no-new-privileges:true" not in raw.get("security_opt", ()):
            yield f"{service.name}: may gain privileges"


def resources_are_limited(compose: Compose) -> Iterator[str]:
    """Processors, memory, processes and logs are bounded."""
    for service in services(compose):
        limits = service.raw.get("deploy", {}).get("resources", {}).get("limits", {})
        missing = {"cpus", "memory", "pids"} - set(limits)
        if missing:
            yield f"{service.name}: no limit of {', '.join(sorted(missing))}"
        if "max-size" not in service.raw.get("logging", {}).get("options", {}):
            yield f"{service.name}: its log may fill the disk"


def dependencies_exist(compose: Compose) -> Iterator[str]:
    """What is waited for exists and can come true: health of what is asked, the end of a job."""
    by_name = {service.name: service for service in services(compose)}
    for service in by_name.values():
        for name, condition in service.depends_on.items():
            target = by_name.get(name)
            if target is None:
                yield f"{service.name}: waits for {name}, which is not there"
            elif condition == DONE and target.lasting:
                yield f"{service.name}: waits for the end of {name}, which runs on"
            elif condition == HEALTHY and not target.probe:
                yield f"{service.name}: waits for the health of {name}, which nobody asks"
            elif condition not in {DONE, HEALTHY}:
                yield f"{service.name}: does not wait until {name} is ready"
    try:
        start_order(compose)
    except CycleError as error:
        yield f"nobody starts first: {error.args[1]}"


def ports_are_local(compose: Compose) -> Iterator[str]:
    """Published on loopback only: a proxy with TLS stands before what others reach."""
    for service in services(compose):
        for published in service.raw.get("ports", ()):
            host, _, inside = str(published).rpartition(":")
            if not host.startswith("127.0.0.1:"):
                yield f"{service.name}: {published} is open to the network"
            own = service.environment.get("CHUISHAO_HTTP_PORT", inside)
            if inside != own:
                yield f"{service.name}: publishes {inside}, listens on {own}"


def secrets_are_files(compose: Compose) -> Iterator[str]:
    """No secret stands in the file, and a service sees its own volume of secrets, read-only."""
    for service in services(compose):
        for name, value in service.environment.items():
            if _SECRET_NAME.search(name) and not name.endswith(("_FILE", "_DIR")):
                yield f"{service.name}: {name} is a secret in the file"
            if _PASSWORD_IN_URL.search(value):
                yield f"{service.name}: {name} has a password in it"
        for mount in service.mounts:
            if service.lasting and mount.source.startswith("keys"):
                if mount.source != f"keys-{service.name}":
                    yield f"{service.name}: sees {mount.source}"
                if not mount.read_only:
                    yield f"{service.name}: may write {mount.source}"


RULES: Final[tuple[Rule, ...]] = (
    commands_exist,
    variables_exist,
    health_checks_work,
    mounts_exist,
    images_are_pinned,
    containers_are_confined,
    resources_are_limited,
    dependencies_exist,
    ports_are_local,
    secrets_are_files,
)


def _ours(compose: Compose) -> Iterator[Service]:
    return (service for service in services(compose) if service.ours)


def _paths(served: str) -> set[str]:
    """The paths of a service's own app; what its routes would use is missing, they only stand."""
    try:
        make_app = importlib.import_module(f"services.{served}.api").make_app
    except ModuleNotFoundError:
        return set()
    nothing = cast("Any", None)
    parameters = inspect.signature(make_app).parameters.values()
    parts = {part.name: nothing for part in parameters if part.kind is part.KEYWORD_ONLY}
    app: FastAPI = make_app(Shared(served, nothing, nothing, {}), **parts)
    return {str(getattr(route, "path", "")) for route in app.routes}


def _variables(service: Service) -> tuple[set[str], set[str]]:
    """Variables that are read, and those of them that must be given."""
    if service.served:
        return _settings_variables(service.served)
    if not service.command:
        return {"CHUISHAO_DATA_DIR"}, set()
    try:
        command = parse(service.command, service.environment)
    except UsageError:
        return set(service.environment), set()  # told by `commands_exist`
    return {str(option.envvar) for option in command.params if option.envvar}, set()


def _settings_variables(served: str) -> tuple[set[str], set[str]]:
    """By the settings class of a service; its secrets come as files."""
    try:
        module = importlib.import_module(f"services.{served}.settings")
    except ModuleNotFoundError:
        return set(), {f"services.{served}.settings"}
    kind = next(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, ServiceSettings)
        and value.__module__ == module.__name__
    )
    fields = {PREFIX + name.upper(): field for name, field in kind.model_fields.items()}
    needed = {
        name
        for name, field in fields.items()
        if field.is_required() and field.annotation is not SecretStr
    }
    return {*fields, SECRETS_DIR}, {*needed, SECRETS_DIR}
