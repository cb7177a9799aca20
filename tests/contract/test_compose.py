"""docker-compose.yml, checked as data: Docker is not assumed, so nothing here starts a container."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pytest

from chuishao.dsn import Dsn
from chuishao.embedded import pgdata
from chuishao.installation import Installation
from chuishao.ports import choose
from chuishao.secrets import SERVICES, Secrets
from tests.support import compose_rules as rules
from tests.support.compose import DONE, HEALTHY, ROOT, Compose, Service, load, services, start_order
from tests.support.compose_rules import Rule
from tests.support.lane import base

GONE: Final = object()
Place = tuple[str, ...]
IN: Final = "services"

BROKEN: Final[tuple[tuple[Rule, Place, Any], ...]] = (
    (rules.commands_exist, (IN, "migrate", "command"), ["migrat"]),
    (rules.commands_exist, (IN, "router", "command"), ["serve", "nobody"]),
    (rules.commands_exist, (IN, "directory", "command"), ["directory", "load"]),
    (rules.commands_exist, (IN, "provision", "command"), ["provision", "--folder", "/x"]),
    (rules.commands_exist, (IN, "keys", "environment", "CHUISHAO_ADMIN_DSN"), GONE),
    (rules.variables_exist, (IN, "router", "environment", "CHUISHAO_POOLSIZE"), "3"),
    (rules.variables_exist, (IN, "router", "environment", "CHUISHAO_VAULT_DSN"), "x"),
    (rules.variables_exist, (IN, "migrate", "environment", "CHUISHAO_DATADIR"), "/x"),
    (rules.variables_exist, (IN, "intake", "environment", "CHUISHAO_VAULT_DSN"), GONE),
    (rules.variables_exist, (IN, "console", "environment", "CHUISHAO_SECRETS_DIR"), GONE),
    (rules.health_checks_work, (IN, "nats", "healthcheck"), GONE),
    (rules.health_checks_work, (IN, "router", "healthcheck", "test"), ["CMD", "ask", "'/ready'"]),
    (rules.health_checks_work, (IN, "router", "healthcheck", "test"), ["CMD", "true"]),
    (rules.mounts_exist, (IN, "nats", "volumes"), ["./deploy/nats.cfg:/etc/nats/nats.conf:ro"]),
    (rules.mounts_exist, (IN, "nats", "volumes"), ["./deploy/nats.conf:/etc/nats/nats.conf"]),
    (rules.mounts_exist, (IN, "nats", "volumes"), ["elsewhere:/data"]),
    (rules.mounts_exist, ("volumes", "forgotten"), None),
    (rules.images_are_pinned, (IN, "nats", "image"), "nats"),
    (rules.images_are_pinned, (IN, "nats", "image"), "nats:latest"),
    (rules.images_are_pinned, (IN, "postgres", "image"), "postgres:18"),
    (rules.containers_are_confined, (IN, "grafana", "user"), GONE),
    (rules.containers_are_confined, (IN, "grafana", "user"), "0:0"),
    (rules.containers_are_confined, (IN, "grafana", "user"), "root"),
    (rules.containers_are_confined, (IN, "intake", "read_only"), False),
    (rules.containers_are_confined, (IN, "intake", "tmpfs"), GONE),
    (rules.containers_are_confined, (IN, "intake", "cap_drop"), []),
    (rules.containers_are_confined, (IN, "intake", "cap_add"), ["CHOWN"]),
    (rules.containers_are_confined, (IN, "intake", "privileged"), True),
    (rules.containers_are_confined, (IN, "intake", "security_opt"), []),
    (rules.resources_are_limited, (IN, "nats", "deploy"), GONE),
    (rules.resources_are_limited, (IN, "nats", "deploy", "resources", "limits", "memory"), GONE),
    (rules.resources_are_limited, (IN, "nats", "logging"), GONE),
    (
        rules.dependencies_exist,
        (IN, "nats", "depends_on", "redis"),
        {"condition": "service_healthy"},
    ),
    (rules.dependencies_exist, (IN, "router", "depends_on", "nats", "condition"), DONE),
    (rules.dependencies_exist, (IN, "nats", "depends_on", "keys", "condition"), HEALTHY),
    (
        rules.dependencies_exist,
        (IN, "router", "depends_on", "nats", "condition"),
        "service_started",
    ),
    (
        rules.dependencies_exist,
        (IN, "keys", "depends_on"),
        {"router": {"condition": HEALTHY}},
    ),
    (rules.ports_are_local, (IN, "console", "ports"), ["8700:8700"]),
    (rules.ports_are_local, (IN, "console", "ports"), ["0.0.0.0:8700:8700"]),
    (rules.ports_are_local, (IN, "console", "ports"), ["127.0.0.1:8700:80"]),
    (rules.secrets_are_files, (IN, "postgres", "environment", "POSTGRES_PASSWORD"), "geheim"),
    (
        rules.secrets_are_files,
        (IN, "router", "environment", "CHUISHAO_POSTGRES_DSN"),
        "postgresql://chuishao_router:geheim@postgres:5432/chuishao",
    ),
    (rules.secrets_are_files, (IN, "console", "volumes"), ["keys-intake:/run/chuishao:ro"]),
    (rules.secrets_are_files, (IN, "console", "volumes"), ["keys-console:/run/chuishao"]),
)


def broken(place: Place, value: Any) -> Compose:
    compose = load()
    *above, last = place
    holder = reduce(lambda found, key: found.setdefault(key, {}), above, compose)
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return compose


def service(name: str) -> Service:
    return next(found for found in services(load()) if found.name == name)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_file_keeps(rule: Rule) -> None:
    assert list(rule(load())) == []


@pytest.mark.parametrize(("rule", "place", "value"), BROKEN)
def test_a_broken_copy_is_noticed(rule: Rule, place: Place, value: Any) -> None:
    found = list(rule(broken(place, value)))
    assert found
    assert set(found) <= set(rules.faults(broken(place, value)))


def test_every_rule_has_a_broken_copy() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(rules.RULES)


def test_keys_come_before_every_server_and_nobody_waits_for_another_service() -> None:
    order = [found.name for found in start_order(load())]
    assert order.index("keys") < min(order.index(name) for name in ("nats", "postgres"))
    for name in SERVICES:
        assert not set(service(name).depends_on) & set(SERVICES)
        assert set(service(name).depends_on) >= {"postgres", "nats", "provision", "directory"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_what_up_tells_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in [key for key in os.environ if key.startswith("CHUISHAO_")]:
        monkeypatch.delenv(key)  # what this run was told itself goes on to services, too
    secrets = Secrets.load_or_create(tmp_path)
    admin = Dsn.parse("postgresql://postgres@postgres:5432/chuishao")
    place = Installation(tmp_path, choose(base(28_900)), secrets, admin, "nats://nats:4222")
    told = {key for key in place.environment(name) if key.startswith("CHUISHAO_")}
    assert told <= set(service(name).environment)
    assert service(name).environment["CHUISHAO_POSTGRES_DSN"] == admin.of_role(f"chuishao_{name}")


def test_our_image_carries_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ours = [found for found in services(load()) if found.ours]
    assert {found.raw["image"] for found in ours} == {f"chuishao:{project['version']}"}
    assert {found.raw["build"]["dockerfile"] for found in ours} == {"deploy/Dockerfile"}
    assert {found.served for found in ours} >= set(SERVICES)


def test_what_holds_data_is_on_a_network_without_a_way_out() -> None:
    compose = load()
    assert compose["networks"]["data"]["internal"] is True
    for name in ("nats", "postgres", "migrate", "provision", "directory"):
        assert compose["services"][name]["networks"] == ["data"]
        assert "ports" not in compose["services"][name]
    assert compose["services"]["keys"]["network_mode"] == "none"


def test_postgres_is_set_as_the_embedded_one_with_more_memory() -> None:
    words = [word.removeprefix("--").split("=", 1) for word in service("postgres").command[1:]]
    set_to = dict(words)
    expected = pgdata.BASIC_SETTINGS | pgdata.DURABLE
    assert set_to.pop("shared_buffers") == "256MB"
    assert set_to == {name: value for name, value in expected.items() if name != "shared_buffers"}
    initdb = inspect.getsource(pgdata._run_initdb)
    for word in service("postgres").environment["POSTGRES_INITDB_ARGS"].split():
        assert f'"{word}"' in initdb


IMPORTS: Final = """
import re, sys
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions
from pathlib import Path

plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+)==", Path(sys.argv[1]).read_text("utf-8"))
inside = {plain(name) for name in pinned} | {"chuishao"}
outside = {
    top for top, owners in packages_distributions().items()
    if not inside & {plain(owner) for owner in owners}
}

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in outside:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)

sys.meta_path.insert(0, Refuse())
for name in sys.argv[2:]:
    __import__(name)
"""


def test_the_image_holds_all_that_its_commands_import() -> None:
    modules = (
        *(f"chuishao.{name}" for name in ("cli", "deployment", "running", "listen", "explain")),
        *("kit.migrate", "kit.provision", "kit.accounts", "nats", "nkeys", "asyncpg"),
        *(f"services.{name}.app" for name in SERVICES),
    )
    serve = str(ROOT / "requirements" / "serve.txt")
    for wanted, expected in ((modules, 0), (("chuishao.up",), 1)):
        done = subprocess.run(
            (sys.executable, "-P", "-c", IMPORTS, serve, *wanted), capture_output=True, check=False
        )
        assert done.returncode == expected, done.stderr.decode()
