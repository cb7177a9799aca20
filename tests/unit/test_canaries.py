"""The kit that looks for leaked identities: unlike each other, shaped right, and found in any spelling."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from kit.masking import is_identity, mask
from services.intake.complaint import Filing
from tests.support import canaries


def test_the_people_of_a_seed_are_unlike_and_come_again() -> None:
    people = canaries.canaries(7, 200)
    assert len({one.phone for one in people}) == 200
    assert len({one.bank for one in people}) == 200
    assert len({one.plate for one in people}) == 200
    assert people == canaries.canaries(7, 200)
    assert people != canaries.canaries(8, 200)
    assert all(is_identity(one.identity) for one in people)


def test_every_body_can_be_filed_and_holds_somebody() -> None:
    for body in canaries.bodies(3, 60):
        Filing.model_validate(body)
        assert canaries.holds(json.dumps(body, ensure_ascii=False).encode())


def test_masking_leaves_nothing_of_a_canary_in_any_body() -> None:
    for body in canaries.bodies(3, 60):
        people = body["requester"]
        names = [
            people["name"],
            people["phone"],
            people.get("on_behalf_of", ""),
            body.get("accused", ""),
        ]
        for field in ("title", "text", "address"):
            left = mask(body[field], names)
            assert not canaries.holds(left.encode()), left


@pytest.mark.parametrize(
    ("root", "way"),
    [
        *((root, "utf-8") for root in ("name", "phone", "identity", "bank", "plate")),
        ("name", "utf-16-le"),
    ],
)
def test_one_hidden_in_a_file_is_found(tmp_path: Path, root: str, way: str) -> None:
    said = getattr(canaries.canaries(1, 1)[0], root)
    (tmp_path / "store.blk").write_bytes(b"\0" * 5_000 + f"x {said} y".encode(way) + b"\0" * 5_000)
    (tmp_path / "clean.blk").write_bytes(bytes(range(256)) * 100)
    assert list(canaries.in_files(tmp_path)) == ["file store.blk"]


def test_one_across_the_border_of_two_pieces_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canaries, "_CHUNK", 1_000)
    name = canaries.canaries(1, 1)[0].name.encode()
    for start in range(990, 1_000):
        (tmp_path / "log").write_bytes(b"." * start + name)
        assert list(canaries.in_files(tmp_path))


def test_other_spellings_are_found_and_ids_are_not() -> None:
    one = canaries.canaries(1, 1)[0]
    spelled = [
        json.dumps(one.name),
        quote(one.name),
        one.name.encode().hex(),
        f"{one.phone[:3]}-{one.phone[3:7]}-{one.phone[7:]}",
        one.phone.encode().hex(),
        f"{one.bank[:4]} {one.bank[4:8]} {one.bank[8:12]} {one.bank[12:]}",
    ]
    for text in spelled:
        assert canaries.holds(text.encode()), text
    for text in ("0199-0713", "a1990713b-1234", "2026-11-22T08:51:01.990713+00:00"):
        assert not canaries.holds(text.encode()), text
