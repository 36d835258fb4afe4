"""One FIX session: who, where, when, in which dialect (`config/fix/sessions/<name>.yaml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradeoms.fix.config_file import ConfigInvalid, Section, read
from tradeoms.fix.dialect import Dialect, load_dialect
from tradeoms.fix.dictionary import APPL_VERSIONS, FIXT

BEGIN_STRINGS: Final = frozenset({"FIX.4.2", "FIX.4.4", FIXT})
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
_DAYS: Final = frozenset(
    {"", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the session lives, in UTC; a start without end time means it never ends.

    With days it is one session a week, without it is one a day. Numbers start anew with it.
    """

    start: str
    end: str
    start_day: str
    end_day: str

    @property
    def non_stop(self) -> bool:
        """True for a session that is never reset by the clock."""
        return not self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """The settings of one session.

    Attributes:
        default_appl_ver_id: DefaultApplVerID (1137) of a FIXT.1.1 session, else empty.
        header: Constant header tags such as 50, 57, 115, 128.
    """

    name: str
    dialect: Dialect
    begin_string: str
    default_appl_ver_id: str
    sender_comp_id: str
    target_comp_id: str
    host: str
    port: int
    heartbeat_s: int
    reconnect_s: int
    schedule: Schedule
    username: str
    password_file: str
    logon: tuple[tuple[int, str], ...]
    header: tuple[tuple[int, str], ...]

    @property
    def version(self) -> str:
        """The FIX version of the application messages: FIX.4.2, FIX.4.4, FIX.5.0SP2, ..."""
        return APPL_VERSIONS.get(self.default_appl_ver_id, self.begin_string)

    @property
    def dictionaries(self) -> frozenset[str]:
        """The versions whose dictionaries the session needs."""
        return frozenset({self.begin_string, self.version})


def load_session(folder: Path, name: str) -> SessionConfig:
    """Read session ``name`` and its dialect from the settings folder.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    file = folder / "sessions" / f"{name}.yaml"
    root = read(file)
    config = SessionConfig(
        name=root.text("name"),
        dialect=load_dialect(folder / "dialects" / f"{root.text('dialect')}.yaml"),
        begin_string=root.choice("begin_string", "FIX.4.4", BEGIN_STRINGS),
        default_appl_ver_id=root.choice("default_appl_ver_id", "", {"", *APPL_VERSIONS}),
        sender_comp_id=root.text("sender_comp_id"),
        target_comp_id=root.text("target_comp_id"),
        host=root.text("host"),
        port=root.number("port", None, low=1, high=65_535),
        heartbeat_s=root.number("heartbeat_s", 30, low=1, high=600),
        reconnect_s=root.number("reconnect_s", 5, low=1, high=600),
        schedule=_schedule(root.section("schedule")),
        username=root.text("username", ""),
        password_file=root.text("password_file", ""),
        logon=root.tags("logon"),
        header=root.tags("header"),
    )
    root.done()
    if config.name != name:
        raise ConfigInvalid(file=file, key="name", value=config.name, allowed=name)
    if (config.begin_string == FIXT) != bool(config.default_appl_ver_id):
        allowed = "7, 8 or 9 with FIXT.1.1, and only there"
        value = config.default_appl_ver_id
        raise ConfigInvalid(file=file, key="default_appl_ver_id", value=value, allowed=allowed)
    return config


def _schedule(section: Section) -> Schedule:
    schedule = Schedule(
        start=section.text("start", ""),
        end=section.text("end", ""),
        start_day=section.choice("start_day", "", _DAYS),
        end_day=section.choice("end_day", "", _DAYS),
    )
    section.done()
    for key, value in (("start", schedule.start), ("end", schedule.end)):
        if value and _TIME.fullmatch(value) is None:
            raise section.wrong(key, value, "HH:MM:SS in UTC")
    if bool(schedule.start) != bool(schedule.end):
        raise section.wrong("end", schedule.end, "both start and end, or neither")
    if bool(schedule.start_day) != bool(schedule.end_day):
        raise section.wrong("end_day", schedule.end_day, "both days, or neither")
    return schedule
