"""One session of order entry (`config/fix/entry/<name>.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

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
from tradeoms.fix.session_config import Port
from tradeoms.fix.timetable import Schedule

#: The one version that is spoken here.
VERSION: Final = "FIX.4.4"
#: Tags that firms may give a meaning of their own (FIX 4.4 Volume 1, "User Defined Fields").
FIRST_OWN_TAG: Final = 5_000
LAST_OWN_TAG: Final = 39_999


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
    custom_fields: Tags = Field(default_factory=dict)
    """Tag of the portfolio system to the custom field of orders that it carries."""

    @model_validator(mode="after")
    def _own_tags(self) -> Self:
        names = list(self.custom_fields.values())
        if len(set(names)) < len(names):
            raise WrongTogether("custom_fields", "each field under one tag")
        if any(not FIRST_OWN_TAG <= tag <= LAST_OWN_TAG for tag in self.custom_fields):
            allowed = f"user-defined tags, from {FIRST_OWN_TAG} to {LAST_OWN_TAG}"
            raise WrongTogether("custom_fields", allowed)
        return self

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
