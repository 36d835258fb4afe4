"""Options of a counterparty, from the command line. Nothing here touches files or sockets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, Final, TypeVar

DEFAULT_TARGET: Final = "TRADEOMS"
FIX_50_SP2: Final = "FIX.5.0SP2"
SUPPORTED_VERSIONS: Final = ("FIX.4.2", "FIX.4.4", FIX_50_SP2)
#: BeginString (8) where it is not the version of the application messages.
TRANSPORTS: Final = {FIX_50_SP2: "FIXT.1.1"}
#: A frozen dataclass of settings.
Settings = TypeVar("Settings")


@unique
class Model(StrEnum):
    """How an order or route is filled unless a scenario or a magic quantity says otherwise."""

    IMMEDIATE = "immediate"
    SLICED = "sliced"
    RESTING = "resting"
    NEVER = "never"


@unique
class Told(StrEnum):
    """Where executions are reported: on the order session, on the drop copy session, on both."""

    BOTH = "both"
    ORDERS = "orders"
    COPIES = "copies"


@unique
class Confirm(StrEnum):
    """What a broker answers to an allocation instruction."""

    RIGHT = "right"
    WRONG_PRICE = "wrong_price"
    WRONG_NET = "wrong_net"
    REJECT = "reject"
    NONE = "none"


@unique
class ConfirmForm(StrEnum):
    """The message in which a broker tells what accounts got: one for each, or one for all."""

    CONFIRMATION = "AK"
    REPORT = "AS"


@unique
class CopyForm(StrEnum):
    """The message of a drop copy."""

    REPORT = "8"
    TRADE_CAPTURE = "AE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """One FIX session, seen from the counterparty."""

    version: str
    sender: str
    target: str

    @property
    def name(self) -> str:
        """Return ``Version:Sender:Target``, the session's name everywhere in the ledger."""
        return f"{self.version}:{self.sender}:{self.target}"

    @property
    def begin_string(self) -> str:
        """Return BeginString (8): FIX 5.0 travels in FIXT.1.1."""
        return begin_string_of(self.name)


def begin_string_of(session: str) -> str:
    """Return BeginString (8) of the session of this name."""
    version = session.split(":", 1)[0]
    return TRANSPORTS.get(version, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What may be changed while the counterparty runs (control command ``set``)."""

    model: Model = Model.IMMEDIATE
    latency_ms: int = 0
    pending_acks: bool = False
    pending_ms: int = 0
    slices: int = 4
    slice_ms: int = 50
    participation: Decimal = Decimal("0.10")
    magic: bool = True
    magic_ms: int = 200
    duplicates: bool = False
    possdup_as_new: bool = False
    told: Told = Told.BOTH
    copy_form: CopyForm = CopyForm.REPORT
    confirm: Confirm = Confirm.RIGHT
    confirm_form: ConfirmForm = ConfirmForm.CONFIRMATION


#: Least value of a setting where that is not zero.
LOWEST: Final = {"slices": 1, "release_ms": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything every counterparty is started with."""

    port: int
    control_port: int
    data: Path
    sessions: tuple[SessionKey, ...]
    drop_copy: str
    prices: str
    start_date: date | None
    seed: int
    ticks: int
    tick_ms: int
    fix_log: bool
    behaviour: Behaviour


def changed(settings: Settings, name: str, value: object) -> Settings:
    """Return ``settings`` with one of them changed, its text or JSON value checked.

    Raises:
        ValueError: If the name is unknown or the value out of range.
        TypeError: If a switch is given anything but true or false.
    """
    assert is_dataclass(settings)
    assert not isinstance(settings, type)
    if name not in {each.name for each in fields(settings)}:
        raise ValueError(f"unknown setting {name!r}")
    return replace(settings, **{name: _checked(name, getattr(settings, name), value)})


def _checked(name: str, current: object, value: object) -> Any:  # the field's own type
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise TypeError(f"{name} takes true or false")
        return value
    if isinstance(current, StrEnum):
        return type(current)(str(value))
    if isinstance(current, Decimal):
        return Decimal(str(value))
    number = int(str(value))
    if number < LOWEST.get(name, 0):
        raise ValueError(f"{name} is too small: {number}")
    return number


def options_of(given: argparse.Namespace) -> Options:
    """Return the options every counterparty has.

    Raises:
        ValueError: If a session is given twice, or the drop copy speaks another version.
    """
    sessions = tuple(given.session) or (
        SessionKey(version=given.begin_string, sender=given.sender, target=given.target),
    )
    copies = () if given.drop_copy is None else (given.drop_copy,)
    if any(session.version != each.version for session in sessions for each in copies):
        raise ValueError("a drop copy session speaks the version of the sessions it copies")
    sessions += copies
    if len({session.name for session in sessions}) < len(sessions):
        raise ValueError("a session is given twice")
    return Options(
        port=given.port,
        control_port=given.control_port,
        data=given.data,
        sessions=sessions,
        drop_copy=copies[0].name if copies else "",
        prices=given.prices,
        start_date=given.start_date,
        seed=given.seed,
        ticks=given.ticks,
        tick_ms=given.tick_ms,
        fix_log=given.fix_log,
        behaviour=Behaviour(
            model=Model(given.model),
            latency_ms=given.latency_ms,
            pending_acks=given.pending_acks,
            pending_ms=given.pending_ms,
            slices=given.slices,
            slice_ms=given.slice_ms,
            participation=Decimal(given.participation),
            magic=not given.no_magic,
            magic_ms=given.magic_ms,
            duplicates=given.duplicates,
            possdup_as_new=given.possdup_as_new,
            copy_form=CopyForm(given.copy_form),
        ),
    )


def _session(text: str) -> SessionKey:
    parts = text.split(":")
    if len(parts) != 3 or parts[0] not in SUPPORTED_VERSIONS:
        raise argparse.ArgumentTypeError(f"not VERSION:SENDER:TARGET: {text!r}")
    return SessionKey(version=parts[0], sender=parts[1], target=parts[2])


def at_least(minimum: int) -> Callable[[str], int]:
    """Return the reader of an option that is a whole number from ``minimum``."""

    def number(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}")
        return value

    return number


def common_parser(name: str, *, sender: str) -> argparse.ArgumentParser:
    """Return the parser of the options every counterparty has.

    Args:
        name: The package of the counterparty.
        sender: Its CompID where the command line gives no other.
    """
    parser = argparse.ArgumentParser(prog=f"python -m simulators.{name}")
    add = parser.add_argument
    add("--port", type=at_least(0), default=0, help="FIX port on 127.0.0.1 (0: choose)")
    add("--control-port", type=at_least(0), default=0, help="control port (0: choose)")
    add("--data", type=Path, required=True, help="folder of ledger, journals and FIX store")
    add("--begin-string", choices=SUPPORTED_VERSIONS, default="FIX.4.4")
    add("--sender", default=sender)
    add("--target", default=DEFAULT_TARGET)
    add("--session", type=_session, action="append", default=[], help="VERSION:SENDER:TARGET")
    add("--drop-copy", type=_session, default=None, help="VERSION:SENDER:TARGET of the copies")
    add("--scenario", type=Path, default=None, help="YAML file of scripted orders")
    add("--prices", default="none", help="none | dataset | csv:PATH")
    add("--start-date", type=date.fromisoformat, default=None, help="first trading day")
    add("--seed", type=int, default=1, help="decides the path through each day")
    add("--ticks", type=at_least(4), default=40, help="prices in a day")
    add("--tick-ms", type=at_least(0), default=0, help="0: only by control command")
    add("--model", choices=[model.value for model in Model], default=Model.IMMEDIATE.value)
    add("--latency-ms", type=at_least(0), default=0, help="before any answer to a message")
    add(
        "--pending-acks", action="store_true", help="send PendingNew, PendingCancel, PendingReplace"
    )
    add("--pending-ms", type=at_least(0), default=0, help="between a request and its outcome")
    add("--slices", type=at_least(1), default=4)
    add("--slice-ms", type=at_least(0), default=50)
    add("--participation", default="0.10", help="share of a tick's volume one order may take")
    add("--no-magic", action="store_true", help="quantities mean nothing special")
    add("--magic-ms", type=at_least(0), default=200, help="the delay in the magic table")
    add("--duplicates", action="store_true", help="send every report twice")
    add("--possdup-as-new", action="store_true", help="execute a repeated order again")
    add("--copy-form", choices=[form.value for form in CopyForm], default=CopyForm.REPORT.value)
    add("--fix-log", action="store_true", help="write the engine's message log")
    return parser
