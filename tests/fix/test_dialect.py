"""Settings are read strictly: the error names the file, the key, the value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dialect import load_dialect
from tradeoms.fix.session_config import load_session

CONFIG = Path(__file__).resolve().parents[2] / "config" / "fix"

DIALECT_ERRORS = [
    ("name: x\nsesion: {}\n", "sesion", "keys"),
    ("name: x\nrecovery: {stale_after: 5}\n", "recovery.stale_after", "keys"),
    ("name: x\nrecovery: {stale_after_s: -1}\n", "recovery.stale_after_s", "0 to 86400"),
    ("name: x\nrecovery: {stale_after_s: '5'}\n", "recovery.stale_after_s", "whole number"),
    ("name: x\nrecovery: {mass_status: 1}\n", "recovery.mass_status", "true or false"),
    ("name: x\nsession: {timestamp_precision: '4'}\n", "session.timestamp_precision", "0, 3, 6"),
    ("name: x\ninstrument: {symbol: cusp}\n", "instrument.symbol", "cusip"),
    ("name: x\ninstrument: {identifiers: isin}\n", "instrument.identifiers", "a list of"),
    ("name: x\ninstrument: {minor_units: {GBP: p}}\n", "instrument.minor_units", "scale"),
    ("name: x\norder: {constants: {a: '1'}}\n", "order.constants", "tag number"),
    ('name: x\norder: {constants: {7000: "a\\x01b"}}\n', "order.constants", "printable"),
    ("name: x\nreports: {exec_style: '5.0'}\n", "reports.exec_style", "4.2, 4.4, auto"),
    ("name: 44\n", "name", "text"),
    ("- a\n", "(file)", "a mapping"),
    ("name: [\n", "(file)", "YAML"),
]


@pytest.mark.parametrize(("text", "key", "allowed"), DIALECT_ERRORS)
def test_a_wrong_dialect_is_refused(tmp_path: Path, text: str, key: str, allowed: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid) as refused:
        load_dialect(file)
    assert refused.value.key == key
    assert str(file) in str(refused.value)
    assert allowed in refused.value.allowed


SESSION = """
name: s
dialect: generic-44
begin_string: FIX.4.4
sender_comp_id: A
target_comp_id: B
host: localhost
port: 9000
"""


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ("port: 0", "port"),
        ("begin_string: FIX.4.1", "begin_string"),
        ("name: other", "name"),
        ("host: ''", "host"),
        ("schedule: {start: '25:00:00', end: '10:00:00'}", "schedule.start"),
        ("schedule: {start: '05:00:00'}", "schedule.end"),
        ("colour: red", "colour"),
    ],
)
def test_a_wrong_session_is_refused(tmp_path: Path, changed: str, key: str) -> None:
    (tmp_path / "sessions").mkdir()
    (tmp_path / "dialects").symlink_to(CONFIG / "dialects")
    changed_key = changed.partition(":")[0]
    kept = [line for line in SESSION.splitlines() if line.partition(":")[0] != changed_key]
    (tmp_path / "sessions" / "s.yaml").write_text("\n".join([*kept, changed]))
    with pytest.raises(ConfigInvalid) as refused:
        load_session(tmp_path, "s")
    assert refused.value.key == key


@pytest.mark.parametrize("name", sorted(path.stem for path in (CONFIG / "sessions").glob("*.yaml")))
def test_shipped_sessions_load(name: str) -> None:
    assert load_session(CONFIG, name).name == name
