"""The password of a session is in no log, no journal and no record of the wire."""

from __future__ import annotations

from tests.fix.counterparty import SOH
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.fix.scrub import cleaned

SECRET = "Tr0ub4dor&3-x"
RAW = "raw-data-secret"


def test_secrets_of_a_logon_are_nowhere_but_in_their_file(rig: Rig) -> None:
    secret = rig.folder.parent / f"{rig.folder.name}-password"
    secret.write_text(f"{SECRET}\n")
    rig.session |= {
        "username": "firm", "password_file": str(secret), "logon": {925: f"new-{SECRET}", 96: RAW,
        95: str(len(RAW))},
    }  # fmt: skip
    rig.peer.start()
    rig.start().ready()
    logon = rig.peer.of_type("A")[0]
    assert (logon[554], logon[925], logon[96]) == (SECRET, f"new-{SECRET}", RAW)
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.peer.send("2", [(7, "1"), (16, "0")])  # the stored Logon is read back, and passed over
    rig.peer.wait("a gap fill", lambda: rig.peer.of_type("4"))
    rig.peer.cut()
    rig.peer.wait("another Logon", lambda: rig.peer.logons == 2)
    assert rig.stop() == 0
    rig.start().ready()
    assert rig.stop() == 0
    files = [
        path for path in rig.folder.rglob("*") if path.is_file() and "config" not in path.parts
    ]
    assert any(path.suffix == ".body" for path in files)
    told = [
        path.name for path in files for text in (SECRET, RAW) if text.encode() in path.read_bytes()
    ]
    assert told == []


def test_what_stands_for_a_secret_has_its_length_and_sum() -> None:
    message = f"8=FIX.4.4{SOH}35=A{SOH}554={SECRET}{SOH}96={RAW}{SOH}58=554=x{SOH}".encode()
    clean = cleaned(message)
    assert (len(clean), sum(clean)) == (len(message), sum(message))
    assert SECRET.encode() not in clean
    assert RAW.encode() not in clean
    assert clean.endswith(f"58=554=x{SOH}".encode())
