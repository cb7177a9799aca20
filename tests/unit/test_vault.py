"""Identities are sealed one by one: nothing can be changed, exchanged or read without the keys."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.intake.keeping.vault_keys import KeyRefusedError, VaultKeys
from services.intake.vault import Sealed, Vault

SECRET = {"requester": {"name": "某某", "phone": "13800005001"}, "original": {"text": "漏水"}}


def vault(master: int = 1, phone: int = 2) -> Vault:
    return Vault(VaultKeys.parse(key(master), key(phone)))


def key(n: int) -> str:
    return base64.b64encode(bytes([n]) * 32).decode()


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_what_was_sealed_can_be_opened_again() -> None:
    sealed = vault().seal("c-1", SECRET, "13800005001")
    assert vault().open("c-1", 1, sealed.wrapped_key, sealed.box) == SECRET


def test_nothing_of_the_secret_is_readable_in_what_is_stored() -> None:
    sealed = vault().seal("c-1", SECRET, "13800005001")
    stored = sealed.wrapped_key + sealed.box + (sealed.phone_index or b"")
    assert b"13800005001" not in stored
    assert "某某".encode() not in stored


def test_the_same_secret_is_never_sealed_the_same_way_twice() -> None:
    one, other = (vault().seal("c-1", SECRET, None) for _ in range(2))
    assert one.box != other.box
    assert one.wrapped_key != other.wrapped_key


@given(place=st.integers(0, 10_000), key=st.booleans())
def test_a_single_changed_bit_is_detected(place: int, *, key: bool) -> None:
    sealed = vault().seal("c-1", SECRET, None)
    wrapped_key, box = sealed.wrapped_key, sealed.box
    if key:
        wrapped_key = flipped(wrapped_key, place % len(wrapped_key))
    else:
        box = flipped(box, place % len(box))
    with pytest.raises(InvalidTag):
        vault().open("c-1", 1, wrapped_key, box)


def test_a_record_put_in_the_place_of_another_is_detected() -> None:
    sealed = vault().seal("c-1", SECRET, None)
    with pytest.raises(InvalidTag):
        vault().open("c-2", 1, sealed.wrapped_key, sealed.box)


def test_a_box_under_another_records_key_is_detected() -> None:
    one, other = vault().seal("c-1", SECRET, None), vault().seal("c-1", SECRET, None)
    with pytest.raises(InvalidTag):
        vault().open("c-1", 1, one.wrapped_key, other.box)


def test_another_master_key_opens_nothing() -> None:
    sealed = vault().seal("c-1", SECRET, None)
    with pytest.raises(InvalidTag):
        vault(master=9).open("c-1", 1, sealed.wrapped_key, sealed.box)


@pytest.mark.parametrize(
    "spellings",
    [
        ("13800005001", "138 0000 5001", "+86 138-0000-5001", "0086 13800005001", "013800005001"),
        ("0531-88880000", "053188880000", "+86 531 88880000", "0086 0531-88880000"),
        ("86123456", "8612 3456"),
    ],
)
def test_a_phone_is_found_again_however_it_was_written(spellings: tuple[str, ...]) -> None:
    assert len({vault().phone_index(phone) for phone in spellings}) == 1


def test_different_phones_and_different_keys_give_different_indexes() -> None:
    phones = ("13800005001", "13800005002", "86123456", "123456")
    assert len({vault().phone_index(phone) for phone in phones}) == len(phones)
    assert vault().phone_index(phones[0]) != vault(phone=9).phone_index(phones[0])


def test_who_left_no_phone_has_no_index() -> None:
    assert isinstance(vault().seal("c-1", SECRET, None), Sealed)
    assert vault().seal("c-1", SECRET, None).phone_index is None


def rotated(*versions: int, phones: tuple[int, ...] = (1,)) -> Vault:
    """A vault that holds these versions."""
    masters = "\n".join(f"{n}:{key(n)}" for n in versions)
    return Vault(VaultKeys.parse(masters, ",".join(f"{n}:{key(100 + n)}" for n in phones)))


def test_the_newest_key_seals_and_every_one_held_opens() -> None:
    old = rotated(1).seal("c-1", SECRET, "13800005001")
    both = rotated(1, 2)
    assert both.seal("c-1", SECRET, None).key_version == 2
    assert both.open("c-1", old.key_version, old.wrapped_key, old.box) == SECRET
    moved = both.again("c-1", old, "13800005001")
    assert (moved.key_version, moved.box, moved.phone_index) == (2, old.box, old.phone_index)
    assert rotated(2).open("c-1", 2, moved.wrapped_key, moved.box) == SECRET
    with pytest.raises(KeyRefusedError, match="version 1"):
        rotated(2).open("c-1", old.key_version, old.wrapped_key, old.box)


def test_a_phone_is_looked_for_under_every_key_of_the_index() -> None:
    before, after = rotated(1).seal("c-1", SECRET, "13800005001"), rotated(1, phones=(1, 2))
    assert before.phone_index in after.phone_indexes("13800005001")
    assert before.tail in after.tails("c-1", "5001")
    moved = after.again("c-1", before, "13800005001")
    assert moved.key_version == 2
    assert moved.phone_index == after.phone_index("13800005001") != before.phone_index
    assert rotated(1, phones=(2,)).phone_indexes("13800005001") == [moved.phone_index]


@pytest.mark.parametrize(
    ("master", "phone", "said"),
    [
        ("", key(1), "chuishao_vault_key"),
        ("nonsense", key(1), "chuishao_vault_key"),
        (key(1)[:20], key(1), "chuishao_vault_key"),
        (key(1), f"{key(1)}\n1:{key(2)}", "version 1 stands twice in chuishao_phone_key"),
        (key(1), "0:" + key(1), "chuishao_phone_key"),
    ],
)
def test_what_is_no_key_is_named_and_not_told(master: str, phone: str, said: str) -> None:
    with pytest.raises(KeyRefusedError, match=said) as refused:
        VaultKeys.parse(master, phone)
    assert key(1)[:10] not in str(refused.value)


def test_a_proof_tells_two_keys_apart() -> None:
    keys = VaultKeys.parse(key(1), key(2))
    assert keys.proof(1) == VaultKeys.parse(key(1), key(2)).proof(1)
    assert keys.proof(1) != VaultKeys.parse(key(3), key(2)).proof(1)
    assert keys.proof(1) != VaultKeys.parse(key(1), key(3)).proof(1)
