"""What a drop copy session brings, read: ExecutionReports and TradeCaptureReports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tradeoms.domain.placement.commands import ReportKind
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable
from tradeoms.fix.posttrade.copies import read_copy
from tradeoms.fix.session_config import load_session

ENVELOPE = Envelope(
    session="COPIES", row=1, received_at=datetime(2026, 1, 5, tzinfo=UTC), poss_resend=False
)
TRADE = "571=T1|487=0|17=E1|880=M1|55=ABC|32=100|31=9.5|75=20260105|552=1|54=1|37=O1|11=C1"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (TRADE, (ReportKind.FILL, "AE:T1", "E1", "", "M1", "C1", "100")),
        (TRADE.replace("487=0", "487=1"), (ReportKind.BUST, "AE:T1", "", "E1", "M1", "C1", "0")),
        (
            TRADE.replace("487=0", "487=2"),
            (ReportKind.CORRECT, "AE:T1", "E1", "", "M1", "C1", "100"),
        ),
        (TRADE.replace("487=0", "150=H"), (ReportKind.BUST, "AE:T1", "", "E1", "M1", "C1", "0")),
        (TRADE.replace("17=E1|", ""), (ReportKind.FILL, "AE:T1", "", "", "M1", "C1", "100")),
    ],
)  # fmt: skip
def test_a_trade_capture_report_is_read(raw: str, expected: tuple[Any, ...]) -> None:
    told = read_copy(wire(f"35=AE|{raw}"), ENVELOPE, Dialect(name="d", role="drop_copy"), None)
    assert told is not None
    assert (
        told.kind, told.report_id, told.exec_id, told.exec_ref_id, told.trd_match_id,
        told.cl_ord_id, str(told.quantity),
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (f"35=AE|{TRADE.replace('552=1', '552=2')}", "2 sides"),
        (f"35=AE|{TRADE.replace('571=T1|', '')}", "571"),
        (f"35=AE|{TRADE.replace('17=E1|880=M1|', '')}", "880"),
        (f"35=AE|{TRADE.replace('32=100', '32=0')}", "32"),
        (f"35=AE|{TRADE.replace('487=0', '487=9')}", "150"),
        (f"35=AE|{TRADE.replace('31=9.5', '31=x')}", "31"),
        ("35=9|11=C1|41=C0", "'9'"),
    ],
)
def test_what_cannot_be_read_is_never_dropped(raw: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_copy(wire(raw), ENVELOPE, Dialect(name="d", role="drop_copy"), None)


def test_a_report_that_is_no_execution_tells_nothing() -> None:
    new = wire("35=8|37=O1|17=E0|11=C1|150=0|39=0|55=ABC|54=1")
    assert read_copy(new, ENVELOPE, Dialect(name="d", role="drop_copy"), None) is None


def wire(text: str) -> bytes:
    return f"8=FIX.4.4|{text}|".replace("|", "\x01").encode()


@pytest.mark.parametrize(("role", "copies"), [("drop_copy", []), ("orders", ["BROKER"])])
def test_a_session_copies_others_only_in_that_role(
    tmp_path: Path, role: str, copies: list[str]
) -> None:
    for folder in ("sessions", "dialects"):
        (tmp_path / folder).mkdir()
    (tmp_path / "dialects" / "d.yaml").write_text(yaml.safe_dump({"name": "d", "role": role}))
    session = {
        "name": "S", "dialect": "d", "sender_comp_id": "A", "target_comp_id": "B", "host": "h",
        "port": 1, "copies": copies,
    }  # fmt: skip
    (tmp_path / "sessions" / "S.yaml").write_text(yaml.safe_dump(session))
    with pytest.raises(ConfigInvalid, match="copies"):
        load_session(tmp_path, "S")
