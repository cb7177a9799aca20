"""Secrets are made once, kept to their owner, and never replaced."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path

import jwt
import nkeys
import pytest

from chuishao import signins
from chuishao.auditing.place import KEYS, AuditPlace, NoAnchorKeyError
from chuishao.directory import PostEntry, ReaderEntry, Roster, UnitEntry
from chuishao.secrets import SERVICES, Secrets
from chuishao.signins import nats_users, renew_service_tokens, sign_in_tokens
from chuishao.tokens import DEPLOYED_LIFETIME_S, issue
from kit.accounts import render_accounts, users
from kit.auth import TokenVerifier
from kit.chain.anchor import FIRST_FOLLOWS, Anchor, Signer, judge
from kit.chain.fault import Wrong
from kit.errors import DomainError
from services.intake.settings import IntakeSettings

ROSTER = Roster(
    units=(UnitEntry("CG-01", nats=True), UnitEntry("SQ-001", nats=False)),
    readers=(ReaderEntry("HALL", "370102"),),
    posts=(
        PostEntry("CG-01", "liaison", "P0101"),
        PostEntry("SQ-001", "secretary", "P0201"),
        PostEntry("SQ-001", "leader", "P0202"),
        PostEntry("DESK", "dispatcher", "P0001"),
    ),
)


@dataclass(frozen=True)
class Place:
    """A secret on disk and who may read it."""

    path: Path

    @property
    def mode(self) -> int:
        return self.path.stat().st_mode & 0o777


def made(data_dir: Path, units: tuple[str, ...] = ("CG-01",)) -> Secrets:
    return Secrets.load_or_create(data_dir, units=units, readers=("HALL",))


def test_the_second_load_returns_what_the_first_made(data_dir: Path) -> None:
    assert made(data_dir) == made(data_dir)


def test_two_installations_have_nothing_in_common(data_dir: Path) -> None:
    (data_dir / "a").mkdir()
    (data_dir / "b").mkdir()
    one, other = made(data_dir / "a"), made(data_dir / "b")
    assert not set(one.seeds.values()) & set(other.seeds.values())
    assert not set(one.passwords.values()) & set(other.passwords.values())
    assert one.token_private_key != other.token_private_key


def test_a_new_unit_gets_a_key_and_the_others_keep_theirs(data_dir: Path) -> None:
    before = made(data_dir)
    after = made(data_dir, ("CG-01", "CG-02"))
    assert after.seeds["unit_CG-02"] not in before.seeds.values()
    assert {user: after.seeds[user] for user in before.seeds} == dict(before.seeds)


def test_a_unit_that_comes_back_finds_its_old_key(data_dir: Path) -> None:
    before = made(data_dir)
    assert "unit_CG-01" not in made(data_dir, ()).seeds
    assert made(data_dir).seeds["unit_CG-01"] == before.seeds["unit_CG-01"]


def test_nobody_else_may_read_them(data_dir: Path) -> None:
    os.umask(0)
    try:
        root = made(data_dir).root
    finally:
        os.umask(0o022)
    for place in map(Place, [root, *root.rglob("*")]):
        assert place.mode == (0o700 if place.path.is_dir() else 0o600), place.path


@pytest.mark.parametrize("code", ["../x", "", "a b", "部门", "a" * 33, "a.b"])
def test_what_is_no_code_never_becomes_a_file_name(data_dir: Path, code: str) -> None:
    with pytest.raises(ValueError, match="not a code"):
        made(data_dir, (code,))


def test_a_service_finds_in_its_folder_what_its_settings_ask_for_and_nothing_of_others(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = made(data_dir)
    renew_service_tokens(secrets)
    for name in ("POSTGRES_DSN", "VAULT_DSN", "NATS_URL", "STORAGE"):
        monkeypatch.setenv(f"CHUISHAO_{name}", "given")
    settings = IntakeSettings(_secrets_dir=str(secrets.folder("intake")))
    assert settings.postgres_password.get_secret_value() == secrets.passwords["chuishao_intake"]
    assert settings.vault_password.get_secret_value() == secrets.passwords["chuishao_vault"]
    assert settings.nats_seed.get_secret_value() == secrets.seeds["intake"]
    assert settings.relay_seed is not None
    assert settings.relay_seed.get_secret_value() == secrets.seeds["intake-relay"]
    for key in (settings.vault_key, settings.phone_key):
        assert len(base64.b64decode(key.get_secret_value(), validate=True)) == 32
    own = {
        service: {file.read_text() for file in secrets.folder(service).iterdir()}
        - {secrets.token_public_key.strip()}
        for service in SERVICES
    }
    for service, texts in own.items():
        others = set().union(*(own[other] for other in SERVICES if other != service))
        assert not texts & others


def test_a_service_can_sign_the_anchors_of_its_own_chain_and_of_no_other(data_dir: Path) -> None:
    secrets = made(data_dir)
    place = AuditPlace("", data_dir / KEYS, ())
    for service in SERVICES:
        signer = Signer((secrets.folder(service) / "chuishao_audit_key").read_text())
        for chain in SERVICES:
            anchor = signer.sign(Anchor(chain, 1, 0, "", 0, "2026-11-23", FIRST_FOLLOWS))
            public = place.public_key(chain)
            assert public is not None
            forged = [fault.wrong for fault in judge(chain, [anchor], public).faults]
            assert forged == ([] if chain == service else [Wrong.FORGED])
    (data_dir / KEYS / "router.pem").unlink()
    with pytest.raises(NoAnchorKeyError):
        place.public_key("router")


def test_every_user_of_the_accounts_file_has_a_key(data_dir: Path) -> None:
    secrets = made(data_dir)
    assert set(users(ROSTER.nats_units, ROSTER.readers)) == set(secrets.seeds)
    text = render_accounts(ROSTER.nats_units, ROSTER.readers, secrets.public_keys())
    for user, seed in secrets.seeds.items():
        public = nkeys.from_seed(bytearray(seed, "ascii")).public_key.decode()
        assert secrets.public_keys()[user] == public
        assert public in text
        assert seed not in text


async def test_sign_in_tokens_are_good_for_the_right_person_and_role(data_dir: Path) -> None:
    secrets = made(data_dir)
    tokens = sign_in_tokens(ROSTER, secrets)
    assert tokens.pop("open311") == secrets.open311_key
    verifier = TokenVerifier(secrets.token_public_key)
    expected = {
        "operator": ("operator", "operator"),
        "admin": ("admin", "admin"),
        "auditor": ("auditor", "auditor"),
        "dashboard": ("dashboard", "dashboard"),
        "dispatcher": ("P0001", "dispatcher"),
        "ruling": ("ruling", "ruling"),
        "unit:CG-01": ("P0101", "unit"),
        "unit:SQ-001": ("P0202", "unit"),
        "secretary:SQ-001": ("P0201", "secretary"),
        "unit:DESK": ("P0001", "unit"),
    }
    assert set(tokens) == set(expected)
    for name, (person, role) in expected.items():
        principal = await verifier.verify(tokens[name])
        assert (principal.sub, principal.roles) == (person, frozenset({role}))


def test_a_token_lasts_a_month_on_one_box_a_day_where_others_can_reach_it_and_names_no_unit(
    data_dir: Path,
) -> None:
    secrets = made(data_dir)
    for tokens, lasts in (
        (sign_in_tokens(ROSTER, secrets), 30 * 86_400),
        (sign_in_tokens(ROSTER, secrets, lifetime_s=DEPLOYED_LIFETIME_S), 12 * 3_600),
    ):
        del tokens["open311"]
        for token in tokens.values():
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["exp"] - claims["iat"] == lasts
            assert set(claims) == {"iss", "aud", "sub", "roles", "iat", "nbf", "exp"}


def test_of_a_whole_city_the_units_on_nats_and_the_first_others_get_tokens(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signins, "MOST_UNITS", 2)
    posts = (PostEntry("WG-9", "leader", "P0900"), *reversed(ROSTER.posts))
    city = Roster(units=ROSTER.units, readers=(), posts=posts)
    tokens = sign_in_tokens(city, made(data_dir))
    assert {name for name in tokens if ":" in name} == {"unit:CG-01", "unit:WG-9"}
    assert "dispatcher" in tokens


async def test_an_expired_token_and_one_of_another_installation_are_refused(data_dir: Path) -> None:
    secrets = made(data_dir)
    (data_dir / "other").mkdir()
    verifier = TokenVerifier(secrets.token_public_key)
    with pytest.raises(DomainError):
        await verifier.verify(issue(secrets.token_private_key, "P1", ["admin"], lifetime_s=-1))
    with pytest.raises(DomainError):
        await verifier.verify(issue(made(data_dir / "other").token_private_key, "P1", ["admin"]))


def test_units_and_readers_are_told_their_own_durable(data_dir: Path) -> None:
    told = nats_users(ROSTER, made(data_dir))
    assert set(told) == {"CG-01", "reader:HALL"}
    assert (told["CG-01"].stream, told["CG-01"].consumer) == ("TICKETS", "unit_CG-01")
    assert (told["reader:HALL"].stream, told["reader:HALL"].consumer) == (
        "ESCALATIONS",
        "reader_HALL",
    )
    assert {user.js_prefix for user in told.values()} == {"JS.city"}
