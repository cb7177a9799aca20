"""TLS to NATS by setting: who is not verified is not talked to, on either side."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chuishao import ports
from chuishao.broker import write_accounts
from chuishao.directory import Roster, UnitEntry
from chuishao.doctor.tls import certificates
from chuishao.embedded.nats import EmbeddedNats
from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.provisioning import Installed, check, provision
from chuishao.supervisor import Supervisor
from kit import nats_tls
from kit.broker import LastingBroker, connect
from kit.nats_tls import ServerTls, TlsSettingError, context_for
from tests.support.lane import base

ROSTER = Roster((UnitEntry("U-1", nats=True),), (), ())
DAY = timedelta(days=1)


class Authority:
    """Signs certificates for 127.0.0.1, kept as files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._certificate(self._name, self._key.public_key(), authority=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def pair(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._certificate(subject, key.public_key(), authority=False)
        cert, secret = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        cert.write_bytes(made.public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cert, secret

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="chuishao-tls-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def ours(folder: Path) -> Authority:
    return Authority(folder, "ours")


@asynccontextmanager
async def server(folder: Path, tls: ServerTls | None) -> AsyncIterator[EmbeddedNats]:
    chosen = ports.choose(base(25_200))
    made = EmbeddedNats(
        folder / "nats", chosen["nats"], chosen["nats_monitor"], folder / "nats.log", tls=tls
    )
    supervisor = Supervisor(folder, print)
    write_accounts(folder, ROSTER, Installed(folder, made.url, ROSTER).secrets())
    try:
        await supervisor.start(made.spec())
        yield made
    finally:
        supervisor.ask_to_stop()
        await supervisor.stop()


async def test_everything_of_ours_works_encrypted_and_verified_on_both_sides(
    folder: Path, ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(nats_tls.CA, str(ours.file))
    for names, name in (((nats_tls.CERT, nats_tls.KEY), "client"),
                        ((nats_tls.SERVER_CERT, nats_tls.SERVER_KEY), "server")):  # fmt: skip
        for variable, file in zip(names, ours.pair(name), strict=True):
            monkeypatch.setenv(variable, str(file))
    tls = ServerTls.from_environment()
    assert tls is not None
    assert tls.ca == ours.file
    async with server(folder, tls) as running:
        assert running.url.startswith("tls://")
        place = Installed(folder, running.url, ROSTER)
        seeds = place.secrets().seeds
        assert "accounts" not in await provision(place)
        assert await check(place) == []
        relay = await connect(running.url, seeds["router-relay"], name="router-relay")
        ack = await relay.jetstream().publish("ticket.urged.U-1.370105.001.001.001", b"x")
        assert ack.stream == "TICKETS"
        await relay.close()
        broker = LastingBroker(running.url, seeds["router"], service="router")
        await broker.start()
        assert broker.config.connection_state.connection.is_connected
        await broker.stop()
        async with connected(running.url, seeds["unit_U-1"]) as office:
            assert office.is_connected

        soon = await certificates(running.url, datetime.now(UTC))
        assert not soon.well
        assert "holds for 0 days" in soon.en
        monkeypatch.setenv(nats_tls.CA, str(Authority(folder, "others").file))
        assert "no handshake" in (await certificates(running.url, datetime.now(UTC))).en
        monkeypatch.setenv(nats_tls.CA, str(ours.file))
        monkeypatch.delenv(nats_tls.CERT)
        monkeypatch.delenv(nats_tls.KEY)
        assert "no handshake" in (await certificates(running.url, datetime.now(UTC))).en
        with pytest.raises(BrokerUnreachableError):
            async with connected(running.url, seeds["unit_U-1"]):
                pytest.fail("a client without a certificate got in")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_server_of_another_authority_or_without_tls_is_refused_in_plain_words(
    folder: Path, ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Authority(folder, "theirs")
    monkeypatch.setenv(nats_tls.CA, str(ours.file))
    seed = Installed(folder, "", ROSTER).secrets().seeds["ops"]
    for tls in (ServerTls(*theirs.pair("stranger"), None), None):
        async with server(folder, tls) as running:
            with pytest.raises(
                BrokerUnreachableError, match="证书不被 CHUISHAO_NATS_TLS_CA"
            ) as said:
                async with connected(running.url, seed):
                    pytest.fail("connected to a server nobody vouches for")
            assert "certificate is not trusted" in str(said.value)


def test_a_setting_that_cannot_work_is_named(
    folder: Path, ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert context_for("nats://127.0.0.1:4222") is None
    monkeypatch.setenv(nats_tls.CA, str(folder / "nowhere.pem"))
    with pytest.raises(TlsSettingError, match="NATS_TLS_CA: there is no file"):
        context_for("nats://127.0.0.1:4222")
    (folder / "text.pem").write_text("no certificate")
    monkeypatch.setenv(nats_tls.CA, str(folder / "text.pem"))
    with pytest.raises(TlsSettingError, match="no certificate in PEM"):
        context_for("nats://127.0.0.1:4222")
    monkeypatch.setenv(nats_tls.CA, str(ours.file))
    cert, _ = ours.pair("one")
    _, key = ours.pair("two")
    monkeypatch.setenv(nats_tls.CERT, str(cert))
    with pytest.raises(TlsSettingError, match="NATS_TLS_KEY: is missing"):
        context_for("nats://127.0.0.1:4222")
    monkeypatch.setenv(nats_tls.KEY, str(key))
    with pytest.raises(TlsSettingError, match="does not fit its key"):
        context_for("nats://127.0.0.1:4222")
    monkeypatch.setenv(nats_tls.KEY, str(cert.with_suffix(".key")))
    context = context_for("nats://127.0.0.1:4222")
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
