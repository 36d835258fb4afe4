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
    ("name: x\ninstrument: {minor_units: {GBP: p}}\n", "instrument.minor_units.GBP", "scale"),
    ("name: x\ninstrument: {minor_units: {GBP: {code: GBp, scale: 99}}}\n",
     "instrument.minor_units.GBP.scale", "10, 100, 1000"),
    ("name: x\ninstrument: {minor_units: {GBP: {code: USD, scale: 10}, USD: {code: c, scale: 10}}}",
     "instrument.minor_units", "not a currency's"),
    ("name: x\norder: {constants: {a: '1'}}\n", "order.constants.a", "a tag as key"),
    ('name: x\norder: {constants: {7000: "a\\x01b"}}\n', "order.constants.7000", "printable"),
    ("name: x\norder: {constants: {7000: 1}}\n", "order.constants.7000", "quote numbers"),
    ("name: x\norder: {constants: {44: '1'}}\n", "order.constants", "other tags than 44"),
    ("name: x\norder: {forbidden: [54]}\n", "order.forbidden", "other tags than 54"),
    ("name: x\norder: {renamed: {7000: 38}}\n", "order.renamed", "other tags than 38"),
    ("name: x\norder: {renamed: {58: 7000, 15: 7000}}\n", "order.renamed", "a new tag for each"),
    ("name: x\norder: {constants: {7000: A}, forbidden: [7000]}\n", "order.forbidden", "no tag"),
    ("name: x\norder: {sides: {short: '5'}}\n", "order.sides.short", "sell_short"),
    ("name: x\norder: {allowed: {limit: [forever]}}\n", "order.allowed.limit.0", "gtc"),
    ("name: x\norder: {capacity: {tag: '48', value: A}}\n", "order.capacity.tag", "47, 528"),
    ("name: x\nids: {charset: numeric, prefix: AB}\n", "ids.prefix", "numeric characters"),
    ("name: x\ninstrument: {symbol: none}\n", "instrument.identifiers", "at least one"),
    ("name: x\ninstrument: {symbol: ric, suffix: true}\n", "instrument.suffix", "false"),
    ("name: x\ninstrument: {exchanges: {XLON: LN}}\n", "instrument.exchange_tag", "100 or 207"),
    ("name: x\ninstrument: {id_sources: {isin: '4'}}\n", "instrument.id_sources", "only of none"),
    ("name: x\nreplace: {changeable: []}\n", "replace.changeable", "outstanding"),
    ("name: x\nreports: {keep: {20001: 'B B'}}\n", "reports.keep.20001", "as in ^[a-z]"),
    ("name: x\nthrottle: {burst: 5}\n", "throttle.messages_per_second", "more than 0"),
    ("name: x\nrecovery: {status_request: false, cancel_on_disconnect: true}\n", "recovery",
     "a status request"),
    ("name: x\nname: y\n", "(file)", "YAML"),
    ("name: x\nreports: {exec_style: '5.0'}\n", "reports.exec_style", "4.2, 4.4, auto"),
    ("name: 44\n", "name", "text"),
    ("- a\n", "(file)", "a mapping"),
    ("name: [\n", "(file)", "YAML"),
]  # fmt: skip


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
        ("begin_string: FIXT.1.1", "default_appl_ver_id"),
        ("default_appl_ver_id: '9'", "default_appl_ver_id"),
        ("backup_hosts: [{host: a}]", "backup_hosts.0.port"),
        ("header: {49: 'X'}", "header"),
        ("start_over_s: 0", "start_over_s"),
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
