"""The chain's rules: untouched it verifies, and ten thousand random tamperings are found, every one."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.chain.anchor import Signer, parse
from kit.chain.canonical import canonical, value
from kit.chain.fault import WORDS, Wrong
from kit.chain.link import MOST_FAULTS, Walk, genesis, odd_time
from tests.support.chains import (
    SERVICE,
    Chain,
    anchored,
    chain,
    keys,
    moment,
    relinked,
    seeded,
    verdict,
)

TAMPERINGS = 10_000
LENGTH = 24
TEXTS = ("linked_at", "audit_id", "at", "written_at", "actor", "action", "object", "detail")

Tamper = Callable[[Chain, random.Random], None]


def change_a_field(found: Chain, rng: random.Random) -> None:
    """Any field of any row; of the detail the smallest change."""
    n, name = rng.randrange(LENGTH), rng.choice(TEXTS)
    row = found.rows[n]
    changed = json.dumps(json.loads(row.detail) | {"round": 4}) if name == "detail" else "x"
    told: dict[str, Any] = {name: changed if name == "detail" else getattr(row, name) + changed}
    found.rows[n] = row._replace(**told)


def change_a_digit(found: Chain, rng: random.Random) -> None:
    n = rng.randrange(LENGTH)
    row = found.rows[n]
    at = rng.choice(("at", "written_at", "linked_at"))
    digit = "1" if getattr(row, at)[18] != "1" else "2"
    found.rows[n] = row._replace(**{at: getattr(row, at)[:18] + digit + getattr(row, at)[19:]})


def change_a_link(found: Chain, rng: random.Random) -> None:
    """Not the last one: what follows it tells it from a changed record."""
    n = rng.randrange(LENGTH - 1)
    bits = bytearray(found.rows[n].hash)
    bits[rng.randrange(32)] ^= 1 << rng.randrange(8)
    found.rows[n] = found.rows[n]._replace(hash=bytes(bits))


def delete_a_row(found: Chain, rng: random.Random) -> None:
    """With its link, so that the record after it seems to come next."""
    del found.rows[rng.randrange(LENGTH - 1)]


def delete_a_record(found: Chain, rng: random.Random) -> None:
    """The link stays."""
    n = rng.randrange(LENGTH)
    gone: dict[str, Any] = dict.fromkeys(set(TEXTS) - {"linked_at"})
    found.rows[n] = found.rows[n]._replace(**gone)


def delete_the_last(found: Chain, rng: random.Random) -> None:
    del found.rows[-rng.randrange(1, LENGTH + 1) :]


def delete_and_close_up(found: Chain, rng: random.Random) -> None:
    """Records gone, numbers and hashes made anew from there on."""
    del found.rows[rng.randrange(LENGTH - 1)]
    found.rows = relinked(found.rows)


def swap_two(found: Chain, rng: random.Random) -> None:
    """Their records, under the links of each other."""
    a, b = rng.sample(range(LENGTH), 2)
    first, second = found.rows[a], found.rows[b]
    found.rows[a] = second._replace(seq=first.seq, hash=first.hash)
    found.rows[b] = first._replace(seq=second.seq, hash=second.hash)


def rewrite_it_all(found: Chain, rng: random.Random) -> None:
    """One word changed and every hash made anew: nothing but the anchors can tell."""
    n = rng.randrange(LENGTH)
    found.rows[n] = found.rows[n]._replace(actor="P9999x")
    found.rows = relinked(found.rows)


def insert_with_an_old_time(found: Chain, rng: random.Random) -> None:
    """At the end, properly linked, by somebody who may write any column."""
    old = found.rows[rng.randrange(LENGTH // 3)]
    late = found.rows[-1]._replace(audit_id="later", written_at=old.written_at, at=old.at)
    late = late._replace(linked_at=moment(LENGTH * 20))
    found.rows = relinked([*found.rows, late])
    found.anchors = anchored(found.rows, [*(a.seq for a in found.anchors), LENGTH + 1])


def insert_in_between(found: Chain, rng: random.Random) -> None:
    """Linked into its place, everything after it made anew."""
    n = rng.randrange(LENGTH)
    found.rows.insert(n, found.rows[n]._replace(audit_id="another", actor="P9999x"))
    found.rows = relinked(found.rows)


def insert_past_the_chain(found: Chain, rng: random.Random) -> None:
    found.unlinked.append(found.rows[rng.randrange(LENGTH)]._replace(audit_id="never linked"))


def truncate(found: Chain, _: random.Random) -> None:
    found.rows.clear()


def replay_an_old_anchor_file(found: Chain, rng: random.Random) -> None:
    del found.anchors[rng.randrange(len(found.anchors)) :]


def forge_an_anchor(found: Chain, rng: random.Random) -> None:
    """Of a rewritten chain, signed with a key of the forger's own."""
    rewrite_it_all(found, rng)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    found.anchors = anchored(found.rows, [a.seq for a in found.anchors], Signer(pem))


def bend_an_anchor(found: Chain, rng: random.Random) -> None:
    n = rng.randrange(len(found.anchors))
    field = rng.choice(("seq", "hash", "count", "at", "previous", "signature"))
    was = getattr(found.anchors[n], field)
    bent: dict[str, Any] = {field: was - 1 if isinstance(was, int) else was[:-4] + "0123"}
    found.anchors[n] = replace(found.anchors[n], **bent)


def drop_an_anchor(found: Chain, rng: random.Random) -> None:
    del found.anchors[rng.randrange(len(found.anchors) - 1)]


TAMPER: tuple[Tamper, ...] = (
    change_a_field, change_a_digit, change_a_link, delete_a_row, delete_a_record, delete_the_last,
    delete_and_close_up, swap_two, rewrite_it_all, insert_with_an_old_time, insert_in_between,
    insert_past_the_chain, truncate, replay_an_old_anchor_file, forge_an_anchor, bend_an_anchor,
    drop_an_anchor,
)  # fmt: skip


def test_ten_thousand_random_tamperings_are_found_and_as_many_untouched_chains_are_not() -> None:
    """D.7 #38; reliability.md E.2: 10,000 of 10,000. One untouched chain for every tampered one's seed."""
    found: Counter[str] = Counter()
    chains = [chain(LENGTH, seeded(seed)) for seed in range(50)]
    assert [verdict(one) for one in chains] == [[]] * 50
    for seed in range(TAMPERINGS):
        rng = seeded(seed)
        whole = chains[seed % 50]
        copy = Chain(list(whole.rows), list(whole.anchors))
        tamper = TAMPER[seed % len(TAMPER)]
        tamper(copy, rng)
        faults = verdict(copy)
        assert faults, (seed, tamper.__name__)
        found[tamper.__name__] += 1
    assert found.total() == TAMPERINGS
    assert min(found.values()) >= TAMPERINGS // len(TAMPER)


@pytest.mark.parametrize(
    ("tamper", "wrong"),
    [
        (change_a_field, Wrong.CHANGED),
        (change_a_link, Wrong.LINK),
        (delete_a_row, Wrong.MISSING),
        (delete_a_record, Wrong.GONE),
        (delete_the_last, Wrong.TRUNCATED),
        (swap_two, Wrong.CHANGED),
        (rewrite_it_all, Wrong.REWRITTEN),
        (insert_with_an_old_time, Wrong.OLD_TIME),
        (insert_past_the_chain, Wrong.UNLINKED),
        (truncate, Wrong.TRUNCATED),
        (replay_an_old_anchor_file, Wrong.UNANCHORED),
        (forge_an_anchor, Wrong.FORGED),
        (drop_an_anchor, Wrong.ANCHOR_GAP),
    ],
    ids=lambda part: getattr(part, "__name__", None) or f"d7_38_{part}",
)
def test_a_tampering_is_called_what_it_is(tamper: Tamper, wrong: Wrong) -> None:
    """D.7 #38, with the kind of fault each of them has to be told as."""
    for seed in range(20):
        copy = chain(LENGTH, seeded(seed))
        tamper(copy, seeded(seed + 1))
        assert wrong in {fault.wrong for fault in verdict(copy)}, seed


def test_the_first_bad_row_is_named() -> None:
    whole = chain(LENGTH, seeded(1))
    whole.rows[16] = whole.rows[16]._replace(actor="P9999x")
    (fault,) = verdict(whole)
    assert (fault.wrong, fault.seq, fault.about) == (Wrong.CHANGED, 17, whole.rows[16].audit_id)


def test_what_is_too_much_to_be_kept_is_counted_by_its_kind() -> None:
    rows = chain(2 * MOST_FAULTS, seeded(1)).rows
    for n, row in enumerate(rows):
        rows[n] = row._replace(actor="X") if n % 2 else row._replace(hash=b"X" * 32)
    walk = Walk(genesis(SERVICE))
    walk.feed(rows)
    assert len(walk.faults) == MOST_FAULTS
    assert +walk.kinds == {Wrong.CHANGED: 2 * MOST_FAULTS}

    one = Walk(genesis(SERVICE))
    whole = chain(LENGTH, seeded(2))
    change_a_link(whole, seeded(3))
    one.feed(whole.rows)
    assert +one.kinds == Counter(fault.wrong for fault in one.faults) == {Wrong.LINK: 1}


def test_a_chain_of_another_service_does_not_pass() -> None:
    whole = chain(LENGTH, seeded(1))
    walk = Walk(genesis("intake"))
    walk.feed(whole.rows)
    assert [fault.seq for fault in walk.faults] == [1]


def test_a_part_of_a_chain_verifies_behind_the_hash_before_it() -> None:
    whole = chain(LENGTH, seeded(1))
    part = Walk(whole.rows[11].hash, 12, latest=str(whole.rows[11].written_at))
    part.feed(whole.rows[12:])
    assert (part.rows, part.faults, part.seq) == (12, [], LENGTH)


@pytest.mark.parametrize(
    ("written", "linked", "latest", "odd"),
    [
        ("09:00:00", "09:00:01", "09:00:02", False),  # a late commit
        ("09:00:00", "09:30:00", "09:29:59", True),  # put in half an hour later
        ("09:00:00", "09:00:01", "12:00:00", False),  # the clock was set back
        ("12:00:00", "09:00:01", "12:00:00", False),  # set back between writing and linking
        ("09:00:00", "12:00:00", "08:00:00", False),  # the chainer was away for three hours
        ("12:00:00", "09:00:01", "09:00:00", True),  # said to be of a time that is still to come
    ],
)
def test_a_time_is_odd_when_it_fits_neither_its_neighbours_nor_its_link(
    written: str, linked: str, latest: str, *, odd: bool
) -> None:
    times = (f"2026-11-22 {text}+00" for text in (written, linked, latest))
    assert odd_time(*times) is odd


@pytest.mark.parametrize(
    "text", ["infinity", "10000-01-01 00:00:00+00", "0001-01-01 00:00:00+00 BC"]
)
def test_a_time_no_clock_shows_is_odd(text: str) -> None:
    assert odd_time(text, "2026-11-22 09:00:00+00", "")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def _written(text: str) -> bytes:
    return orjson.dumps(value(text), option=orjson.OPT_SORT_KEYS)


@given(JSON, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_one_value_has_one_canonical_text_however_it_was_spelt(
    told: Any, rng: random.Random
) -> None:
    """Key order, spaces and escapes make no difference; what is read again is the same value."""

    def shuffled(one: Any) -> Any:
        if isinstance(one, dict):
            items = [(name, shuffled(inner)) for name, inner in one.items()]
            rng.shuffle(items)
            return dict(items)
        return [shuffled(inner) for inner in one] if isinstance(one, list) else one

    plain = _written(json.dumps(told, ensure_ascii=False))
    assert _written(json.dumps(shuffled(told), indent=1, ensure_ascii=True)) == plain
    assert json.loads(plain) == told


@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
)
@settings(max_examples=300, deadline=None)
def test_two_numbers_never_share_a_text(one: Decimal, other: Decimal) -> None:
    """A double would make one of 0.1 and 0.1000000000000000055; the database keeps both."""
    same = _written(f"{one:f}") == _written(f"{other:f}")
    assert not same or one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12345678901234567890123", "12345678901234567890124"),
        ("0.1", "0.1000000000000000055511151231257827"),
        ("9007199254740992.0", "9007199254740993.0"),
        ("1" + "0" * 400, "1" + "0" * 401),
        ("0." + "0" * 400 + "1", "0." + "0" * 400 + "2"),
    ],
)
def test_digits_no_double_holds_still_count(one: str, other: str) -> None:
    assert _written(f'{{"n": {one}}}') != _written(f'{{"n": {other}}}')


def test_canonical_json_is_what_an_auditor_would_write() -> None:
    """Fixed for good: a change here breaks every chain there is."""
    row = (
        chain(1, seeded(1))
        .rows[0]
        ._replace(
            detail='{"z": 1, "aa": "街道", "b": [1.50, null]}', audit_id="i", actor="a", object="o"
        )
    )
    assert canonical(row._replace(action="x", at="t", written_at="w", linked_at="l")).decode() == (
        '{"action":"x","actor":"a","at":"t","audit_id":"i",'
        '"detail":{"aa":"街道","b":[1.5,null],"z":1},"linked_at":"l","object":"o","seq":1,'
        '"written_at":"w"}'
    )


def test_an_anchor_survives_its_file_and_nothing_else_passes_for_one() -> None:
    anchor = chain(LENGTH, seeded(1)).anchors[0]
    assert parse(anchor.line()) == anchor
    for text in ("", "{}", anchor.line()[:-1], anchor.line().replace('"seq":10', '"seq":"10"')):
        assert parse(text) is None
    assert keys()[1] not in anchor.line()
    assert anchor.service == SERVICE


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Wrong)
