"""One FIX session: who, where, when, in which dialect (`config/fix/sessions/<name>.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradeoms.fix.config_file import (
    ConfigInvalid,
    Filled,
    Settings,
    Tags,
    Text,
    WrongTogether,
    read,
)
from tradeoms.fix.controls import Controls
from tradeoms.fix.dialect import Dialect, load_dialect
from tradeoms.fix.dictionary import APPL_VERSIONS, FIXT
from tradeoms.fix.timetable import Timetable

Port = Annotated[int, Field(ge=1, le=65_535)]
_HEADER_OWN: Final = frozenset({8, 9, 34, 35, 43, 49, 52, 56, 97, 122})


class Host(Settings):
    """Where the counterparty listens."""

    host: Filled
    port: Port


class SessionFile(Settings):
    """The settings of one session as they stand in its file; `dialect` is a name."""

    name: Filled
    dialect: Filled
    begin_string: Literal["FIX.4.2", "FIX.4.4", "FIXT.1.1"] = "FIX.4.4"
    default_appl_ver_id: Literal["", "7", "8", "9"] = ""
    """DefaultApplVerID (1137), with FIXT.1.1 only: 7 is FIX 5.0, 8 SP1, 9 SP2."""
    sender_comp_id: Filled
    target_comp_id: Filled
    host: Filled
    port: Port
    backup_hosts: tuple[Host, ...] = ()
    """Tried in this order when `host` does not answer; both must share the peer's numbers."""
    start_over_s: Annotated[int, Field(ge=1, le=86_400)] = 120
    """How long before `host` is tried first again."""
    source_host: Text = ""
    """Address of ours to connect from, where the counterparty lets only that in; empty for any."""
    heartbeat_s: Annotated[int, Field(ge=1, le=600)] = 30
    reconnect_s: Annotated[int, Field(ge=1, le=600)] = 5
    """Pause between two attempts to connect."""
    schedule: Timetable = Timetable()
    algos: Annotated[
        str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*\.xml)?$", title="a file")
    ] = ""
    """FIXatdl 1.1 file of the counterparty's algorithms, in `atdl` beside `sessions`."""
    copies: tuple[Filled, ...] = ()
    """Sessions whose executions this one copies, where the dialect's role is `drop_copy`."""
    settle_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How long those may take to bring what was copied, before it is a break."""
    controls: Controls = Controls()
    """Circuit breaker, limits of one order, clock."""
    username: Text = ""
    """Username (553) in the Logon."""
    password_file: Text = ""
    """File that holds the Password (554)."""
    logon: Tags = Field(default_factory=dict)
    """More tags of the Logon."""
    header: Tags = Field(default_factory=dict)
    """Constant header tags: 50, 57, 115, 128, 142, ..."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.begin_string == FIXT) != bool(self.default_appl_ver_id):
            raise WrongTogether("default_appl_ver_id", "7, 8 or 9 with FIXT.1.1, and only there")
        for name, tags in (("header", self.header), ("logon", self.logon)):
            if own := sorted(_HEADER_OWN & set(tags)):
                raise WrongTogether(name, f"other tags than {own}, which the session sets")
        return self


class SessionConfig(SessionFile):
    """The settings of one session, with its dialect read."""

    dialect: Dialect  # type: ignore[assignment]  # the name is exchanged for what it names

    @property
    def version(self) -> str:
        """The FIX version of the application messages: FIX.4.2, FIX.4.4, FIX.5.0SP2, ..."""
        return APPL_VERSIONS.get(self.default_appl_ver_id, self.begin_string)

    @property
    def dictionaries(self) -> frozenset[str]:
        """The versions whose dictionaries the session needs."""
        return frozenset({self.begin_string, self.version})

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Where to connect, the first first."""
        return (Host(host=self.host, port=self.port), *self.backup_hosts)


def load_session(folder: Path, name: str) -> SessionConfig:
    """Read session ``name`` and its dialect from the settings folder.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    file = folder / "sessions" / f"{name}.yaml"
    found = read(file, SessionFile)
    if found.name != name:
        raise ConfigInvalid(file=file, key="name", value=found.name, allowed=name)
    dialect = load_dialect(folder / "dialects" / f"{found.dialect}.yaml")
    if (dialect.role == "drop_copy") != bool(found.copies):
        allowed = "the sessions it copies, with a dialect of role drop_copy, and only there"
        raise ConfigInvalid(file=file, key="copies", value=found.copies, allowed=allowed)
    return SessionConfig.model_validate({**dict(found), "dialect": dialect})
