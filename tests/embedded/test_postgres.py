"""The embedded PostgreSQL, for real."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import asyncpg
import pytest

from chuishao.embedded.postgres import SOCKET_PATH_LIMIT_BYTES, EmbeddedPostgres
from chuishao.ports import Ports
from chuishao.supervisor import StartError, Supervisor
from tests.embedded.conftest import Eventually

PASSWORD = "a/strange@pass:word?"


def server(data_dir: Path, free_ports: Ports, *, durable: bool = False) -> EmbeddedPostgres:
    return EmbeddedPostgres(
        data_dir / "postgres",
        free_ports["postgres"],
        PASSWORD,
        data_dir / "log" / "postgres.log",
        durable=durable,
    )


async def ask(dsn: str, query: str) -> object:
    conn = await asyncpg.connect(dsn, timeout=5)
    try:
        return await conn.fetchval(query)
    finally:
        await conn.close()


async def test_a_server_answers_on_its_socket_and_on_loopback_but_only_with_the_password(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    await supervisor.start(postgres.spec())
    assert await ask(postgres.dsn(), "select 1") == 1
    assert await ask(postgres.tcp_dsn("postgres", PASSWORD, "postgres"), "select 1") == 1
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(postgres.dsn(password="guessed"), "select 1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(postgres.tcp_dsn("postgres", "guessed", "postgres"), "select 1")


async def test_nothing_that_keeps_data_safe_is_off_unless_asked_for(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports, durable=True)
    await supervisor.start(postgres.spec())
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert await ask(postgres.dsn(), f"show {setting}") == "on"
    assert str(await ask(postgres.dsn(), "show server_version")).startswith("18.")
    assert await ask(postgres.dsn(), "show server_encoding") == "UTF8"
    assert await ask(postgres.dsn(), "select lower('ÄÖ')") == "äö"


async def test_a_killed_server_is_started_again_with_what_was_committed(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor, eventually: Eventually
) -> None:
    postgres = server(data_dir, free_ports, durable=True)
    await supervisor.start(postgres.spec())
    await ask(postgres.dsn(), "create table kept as select 42 as value")
    killed = supervisor.pids["postgres"]
    os.kill(killed, signal.SIGKILL)

    async def answers_again() -> bool:
        return supervisor.pids.get("postgres") not in {None, killed} and await postgres.ready()

    await eventually(answers_again)
    assert await ask(postgres.dsn(), "select value from kept") == 42


async def test_data_survives_a_clean_stop_and_the_directory_is_made_only_once(
    data_dir: Path, free_ports: Ports
) -> None:
    postgres = server(data_dir, free_ports)
    for expected in (1, 2):
        supervisor = Supervisor(data_dir, print)
        await supervisor.start(postgres.spec())
        await ask(postgres.dsn(), "create table if not exists visit (at timestamptz)")
        await ask(postgres.dsn(), "insert into visit values (now())")
        assert await ask(postgres.dsn(), "select count(*) from visit") == expected
        await supervisor.stop()
    assert "database system was not properly shut down" not in postgres.log.read_text()


async def test_a_lock_file_that_names_some_other_process_does_not_block_the_start(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    postgres.prepare()
    stale = f"{os.getpid()}\n{postgres.data}\n0\n{postgres.port}\n{postgres.sockets}\n"
    (postgres.data / "postmaster.pid").write_text(stale)
    socket_lock = postgres.sockets / f".s.PGSQL.{postgres.port}.lock"
    socket_lock.write_text(stale)
    await supervisor.start(postgres.spec())
    assert await postgres.ready()


async def test_a_server_left_running_on_the_directory_is_ended_before_the_next_starts(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    await supervisor.start(postgres.spec())
    left = supervisor.pids["postgres"]
    second = Supervisor(data_dir, print)
    await second.start(postgres.spec())
    try:
        assert second.pids["postgres"] != left
        assert supervisor.pids.get("postgres") != left
        assert await postgres.ready()
    finally:
        await second.stop()


async def test_an_interrupted_initdb_is_begun_anew(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    half = postgres.root / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    await supervisor.start(postgres.spec())
    assert await postgres.ready()
    assert not half.exists()


async def test_a_directory_of_another_version_is_refused_and_left_alone(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(RuntimeError, match="belongs to PostgreSQL 16"):
        await supervisor.start(postgres.spec())
    assert [file.name for file in postgres.data.iterdir()] == ["PG_VERSION"]


async def test_a_server_that_cannot_start_says_why(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    postgres = server(data_dir, free_ports)
    postgres.prepare()
    (postgres.data / "global" / "pg_control").unlink()
    with pytest.raises(StartError, match="pg_control"):
        await supervisor.start(postgres.spec())


def test_a_socket_path_too_long_for_the_system_moves_to_a_short_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("很深的目录" * 12)
    postgres = EmbeddedPostgres(deep, 8732, PASSWORD, deep / "log")
    path = postgres.sockets / f".s.PGSQL.{postgres.port}"
    assert len(os.fsencode(path)) <= SOCKET_PATH_LIMIT_BYTES
    assert postgres.sockets == EmbeddedPostgres(deep, 8732, PASSWORD, deep / "log").sockets


async def test_a_deep_directory_with_spaces_and_chinese_names_works(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    deep = data_dir / "吹哨 的 数据" / ("很深" * 15)
    postgres = server(deep, free_ports)
    await supervisor.start(postgres.spec())
    try:
        assert await ask(postgres.dsn(), "select 1") == 1
    finally:
        await supervisor.stop()
        postgres.sockets.rmdir()


def test_a_socket_folder_planted_by_somebody_else_is_refused(
    data_dir: Path, free_ports: Ports
) -> None:
    postgres = server(data_dir, free_ports)
    postgres.root.mkdir()
    elsewhere = data_dir / "elsewhere"
    elsewhere.mkdir()
    (postgres.root / "run").symlink_to(elsewhere)
    with pytest.raises(RuntimeError, match="belongs to somebody else"):
        postgres.prepare()
