"""One session of order entry (`config/fix/entry/<name>.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from tradeoms.fix.config_file import ConfigInvalid, Filled, Settings, Text, read
from tradeoms.fix.session_config import Port
from tradeoms.fix.timetable import Schedule

#: The one version that is spoken here.
VERSION: Final = "FIX.4.4"


class EntryConfig(Settings):
    """The settings as they stand in the file."""

    name: Filled
    user: Filled
    """Whose orders they are: a person or program with the rights of one who enters orders."""
    sender_comp_id: Filled
    target_comp_id: Filled
    port: Port
    """Where we listen."""
    allowed_addresses: Annotated[tuple[Filled, ...], Field(min_length=1)] = ("127.0.0.1",)
    """Who may connect; all others are cut off."""
    heartbeat_s: Annotated[int, Field(ge=1, le=600)] = 30
    schedule: Schedule = Schedule()
    password_file: Text = ""
    """File with the Password (554) that the Logon must carry."""

    @property
    def begin_string(self) -> str:
        """BeginString (8)."""
        return VERSION


def load_entry(folder: Path, name: str) -> EntryConfig:
    """Read the settings of ``name`` from the folder of FIX settings.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    file = folder / "entry" / f"{name}.yaml"
    found = read(file, EntryConfig)
    if found.name != name:
        raise ConfigInvalid(file=file, key="name", value=found.name, allowed=name)
    return found
