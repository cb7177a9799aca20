"""Small files and texts the command line reads and writes."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chuishao import business_clock, runfile
from chuishao.cli import _replicas
from chuishao.dsn import Dsn
from chuishao.explain import parse_point
from chuishao.listen import describe
from chuishao.runfile import NatsUser, NotRunningError, RunInfo
from chuishao.sample_complaints import read_samples

INFO = RunInfo(
    console="http://127.0.0.1:8700",
    intake="http://127.0.0.1:8701",
    router="http://127.0.0.1:8702",
    notifier="http://127.0.0.1:8703",
    nats="nats://127.0.0.1:8722",
    postgres="postgresql://postgres:x@127.0.0.1:8732/chuishao",
    tokens={"admin": "t"},
    nats_users={"CG-01": NatsUser("SU", "JS.city", "TICKETS", "unit_CG-01")},
    pids={"intake": 1},
)


def test_run_json_has_the_promised_keys_and_only_we_may_read_it(data_dir: Path) -> None:
    path = INFO.write(data_dir)
    assert path.stat().st_mode & 0o777 == 0o600
    document = json.loads(path.read_text())
    assert list(document) == [
        "console", "intake", "router", "notifier", "nats", "postgres",
        "tokens", "nats_users", "pids",
    ]  # fmt: skip
    assert list(document["nats_users"]["CG-01"]) == [
        "nkey_seed",
        "js_prefix",
        "stream",
        "consumer",
    ]


def test_run_json_is_read_back_as_it_was(data_dir: Path) -> None:
    INFO.with_pids({"intake": 2}).write(data_dir)
    assert runfile.read(data_dir) == INFO.with_pids({"intake": 2})


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"nats_users": {}}'])
def test_without_a_readable_run_json_the_remedy_is_named(data_dir: Path, text: str | None) -> None:
    if text is not None:
        (data_dir / runfile.FILE_NAME).write_text(text)
    with pytest.raises(NotRunningError, match="chuishao up"):
        runfile.read(data_dir)


def test_a_role_gets_the_same_place_without_anybodys_password() -> None:
    socket = Dsn.parse("postgresql://postgres:p%2Fw@/postgres?host=/tmp/a%20b&port=8732")
    assert socket.password == "p/w"
    assert socket.of_role("chuishao_router") == (
        "postgresql://chuishao_router@/chuishao?host=/tmp/a%20b&port=8732"
    )
    remote = Dsn.parse("postgresql://root:pw@db.example:5433/city?sslmode=require")
    assert remote.of_role("chuishao_intake") == (
        "postgresql://chuishao_intake@db.example:5433/city?sslmode=require"
    )
    assert remote.text(database="postgres").endswith("@db.example:5433/postgres?sslmode=require")


@pytest.mark.parametrize("text", ["", "mysql://a@b/c", "postgresql://host/db", "host=x"])
def test_what_is_no_postgresql_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="postgresql://user:password"):
        Dsn.parse(text)


def test_a_clock_takes_a_time_or_a_step_ahead() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert business_clock.parse("+90m", now=now) == datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
    assert business_clock.parse("+3d", now=now).day == 24
    assert business_clock.parse("2026-11-23T09:00+08:00", now=now).utcoffset() is not None
    assert business_clock.parse("2026-11-23 09:00", now=now).tzinfo is None
    for wrong in ("tomorrow", "-3d", "+3w", "2026-13-01"):
        with pytest.raises(ValueError, match="not a time"):
            business_clock.parse(wrong, now=now)


def test_replicas_name_a_service_and_a_number() -> None:
    assert _replicas(["router=2", "intake=1"]) == {"router": 2, "intake": 1}
    for wrong in ("router", "router=0", "router=x", "postgres=2", "router=17"):
        with pytest.raises(ValueError, match="--replicas"):
            _replicas([wrong])


def test_a_point_is_longitude_and_latitude() -> None:
    assert parse_point("117.02, 36.66") == {"lon": 117.02, "lat": 36.66, "datum": "wgs84"}
    for wrong in ("117", "1,2,3", "a,b"):
        with pytest.raises(ValueError, match="lon,lat"):
            parse_point(wrong)


def test_a_message_that_is_no_event_is_shown_and_not_fatal() -> None:
    assert describe("ticket.unknown.X.a.b.c.d", b"{}").startswith("ticket.unknown")
    assert describe("ticket.accepted.X.370102.001.001.001", b"\xff").startswith("ticket.accepted")


def test_a_sample_row_becomes_a_body_without_its_empty_cells(data_dir: Path) -> None:
    row = {
        "id": "S001", "channel": "hotline", "kind": "complaint", "title": "", "text": "路灯不亮",
        "address": "文苑路12号", "grid_code": "", "category": "", "urgency": "",
        "requester_name": "王某", "requester_phone": "", "accused": "", "confidential": "yes",
        "expect_grid": "370102001001001", "expect_unit": "CG-01", "expect_category": "", "note": "",
    }  # fmt: skip
    with (data_dir / "complaints.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    (sample,) = read_samples("complaints.csv", data_dir)
    assert sample.body == {
        "channel": "hotline",
        "kind": "complaint",
        "text": "路灯不亮",
        "address": "文苑路12号",
        "external_id": "S001",
        "requester": {"name": "王某"},
        "confidential": True,
    }
    assert sample.key == "sample-S001"
    assert sample.matches("370102001001001", "CG-01")
    assert not sample.matches("370102001001001", "CG-02")
    assert not sample.matches(None, None)
    assert read_samples("complaints_hard.csv", data_dir) == []
