"""FIX over TLS: the shipped stunnel settings between the gateway and a broker, on loopback.

The certificates are made here, by a CA that lives as long as the tests.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fix.counterparty import free_port
from tests.fix.engine_stub import order
from tests.fix.rig import REPOSITORY, Rig
from tests.simulators.simulator_process import Simulator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("stunnel4"), reason="stunnel4 is not installed"),
]
SETTINGS = REPOSITORY / "config" / "fix" / "stunnel"
HOST = "fix.broker.example"
_OPENSSL = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """A CA and what it signs, as files of a folder."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def found(self) -> Authority:
        self.folder.mkdir()
        subprocess.run(
            [*_OPENSSL, "-x509", "-days", "2", "-subj", "/CN=test CA", "-keyout",
             self.folder / "ca.key", "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        return self

    def sign(self, name: str, host: str) -> tuple[Path, Path]:
        """Certificate and key of ``host``."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        subprocess.run(
            [*_OPENSSL, "-x509", "-days", "2", "-subj", f"/CN={host}", "-addext",
             f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=critical,CA:FALSE",
             "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
             "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        return certificate, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ca").found()


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "stranger").found()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    data = tmp_path_factory.mktemp("broker")
    with Simulator("broker", data, "--session=FIX.4.4:PEER:OMS") as running:
        yield running


class Stunnels:
    """Both ends, with the shipped settings; what they said is in `log`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self.log = folder / "stunnel.log"

    def start(self, file: str, values: dict[str, object]) -> None:
        """One end: the shipped file with other ports and certificates."""
        lines = []
        for line in (SETTINGS / file).read_text().splitlines():
            key = line.partition(" = ")[0]
            lines.append(f"{key} = {values[key]}" if key in values else line)
        path = self._folder / file
        path.write_text("\n".join([*lines, ""]))
        with self.log.open("ab") as log:
            argv = ["stunnel4", str(path)]
            self._running.append(subprocess.Popen(argv, stdout=log, stderr=log))

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(30)


@pytest.fixture
def stunnels(tmp_path: Path) -> Iterator[Stunnels]:
    made = Stunnels(tmp_path)
    yield made
    made.stop()


def connect(
    rig: Rig,
    stunnels: Stunnels,
    broker: Simulator,
    *,
    ours: Authority,
    theirs: Authority,
    host: str = HOST,
) -> None:
    """Gateway -> stunnel -> TLS -> stunnel -> broker.

    ``ours`` is the CA that we trust and that signs us, ``theirs`` signs the broker's ``host``.
    """
    certificate, key = theirs.sign("server", host)
    there, here = free_port(), free_port()
    stunnels.start("server.conf", {
        "accept": f"127.0.0.1:{there}", "connect": f"127.0.0.1:{broker.fix_port}",
        "cert": certificate, "key": key, "CAfile": ours.certificate,
    })  # fmt: skip
    certificate, key = ours.sign("client", "firm.example")
    stunnels.start("client.conf", {
        "accept": f"127.0.0.1:{here}", "connect": f"127.0.0.1:{there}",
        "cert": certificate, "key": key, "CAfile": ours.certificate,
    })  # fmt: skip
    rig.session["port"] = here
    rig.start()


def refused(rig: Rig, stunnels: Stunnels, *told: str) -> None:
    """Wait for what stunnel says; the session never begins."""
    for words in told:
        rig.until(words, lambda words=words: words in stunnels.log.read_text(), 60)
    assert not rig.engine.ready("peer")


def test_an_order_is_filled_through_tls(
    rig: Rig, stunnels: Stunnels, broker: Simulator, authority: Authority
) -> None:
    connect(rig, stunnels, broker, ours=authority, theirs=authority)
    rig.engine.wait("the session", lambda: rig.engine.ready("peer"), timeout_s=60)
    rig.engine.instruct(order("TLS1"))
    rig.engine.wait("the fill", lambda: "fill" in rig.engine.kinds("TLS1"), timeout_s=60)
    said = stunnels.log.read_text()
    assert "Service [broker] connected remote server" in said
    assert "Service [entry] accepted connection" in said


def test_a_certificate_of_another_ca_is_refused(
    rig: Rig, stunnels: Stunnels, broker: Simulator, authority: Authority, stranger: Authority
) -> None:
    connect(rig, stunnels, broker, ours=authority, theirs=stranger)
    refused(
        rig, stunnels, "CERT: Pre-verification error", f"Rejected by CERT at depth=0: CN={HOST}"
    )


def test_a_certificate_of_another_host_is_refused(
    rig: Rig, stunnels: Stunnels, broker: Simulator, authority: Authority
) -> None:
    connect(rig, stunnels, broker, ours=authority, theirs=authority, host="other.example")
    told = ("CERT: Subject checks failed", "Rejected by CERT at depth=0: CN=other.example")
    refused(rig, stunnels, *told)
