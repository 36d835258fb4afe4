"""Decides who may keep which layout, share it, and delete it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from enum import StrEnum, unique
from typing import Final, NoReturn

from tradeoms.domain.layout import commands as c
from tradeoms.domain.layout.events import LayoutDeleted, LayoutSaved
from tradeoms.domain.layout.state import Layout
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal, reject
from tradeoms.kernel.enums import Role
from tradeoms.kernel.text import is_code

NAME_MAX: Final = 60
#: Bytes of the UTF-8 of a layout's JSON.
STATE_MAX: Final = 20_000
#: Layouts that one person may keep for one page.
LAYOUTS_MAX: Final = 100


@unique
class LayoutRejection(StrEnum):
    """Why a layout was not kept, or not deleted. Declared in the order the checks run."""

    LAYOUT_NAME_INVALID = "layout_name_invalid"
    LAYOUT_PAGE_INVALID = "layout_page_invalid"
    LAYOUT_TOO_LARGE = "layout_too_large"
    LAYOUT_STATE_INVALID = "layout_state_invalid"
    LAYOUT_ROLE_NOT_HELD = "layout_role_not_held"
    LAYOUT_TOO_MANY = "layout_too_many"
    LAYOUT_UNKNOWN = "layout_unknown"
    LAYOUT_NOT_OWN = "layout_not_own"


def decide_save(
    command: c.SaveLayout, layouts: Mapping[str, Layout], roles: Collection[Role], stamp: Stamp
) -> LayoutSaved | Rejected:
    """Keep a layout; every reason against it is told at once.

    Args:
        command: What to keep.
        layouts: Everybody's, by id.
        roles: Those that the person holds.
        stamp: When, and by whom.
    """
    own = [one for one in layouts.values() if one.live and one.owner == stamp.actor]
    own = [one for one in own if one.page == command.page]
    before = next((one for one in own if one.name == command.name), None)
    refusals = [*_check_text(command), *_check_roles(command, roles)]
    if before is None and len(own) >= LAYOUTS_MAX:
        detail = f"you keep {LAYOUTS_MAX} for this page; delete one first"
        refusals.append(refusal(LayoutRejection.LAYOUT_TOO_MANY, detail, "page", command.page))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return LayoutSaved(
        layout_id=stamp.id("lay") if before is None else before.id,
        owner=stamp.actor,
        page=command.page,
        name=command.name,
        state=command.state,
        shared_with=tuple(sorted(command.shared_with)),
        at=stamp.at,
    )


def decide_delete(
    command: c.DeleteLayout, layout: Layout | None, roles: Collection[Role], stamp: Stamp
) -> LayoutDeleted | Rejected:
    """Delete a layout of one's own; one that the person cannot see is as none.

    Args:
        command: Which one.
        layout: The one of that id.
        roles: Those that the person holds.
        stamp: When, and by whom.
    """
    wanted = command.layout_id
    if layout is None or not layout.shows_to(stamp.actor, roles):
        code = LayoutRejection.LAYOUT_UNKNOWN
        return reject(code, "no such layout", field="layout_id", value=wanted)
    if layout.owner != stamp.actor:
        detail = f"it is {layout.owner}'s, who alone may delete it"
        code = LayoutRejection.LAYOUT_NOT_OWN
        return reject(code, detail, field="layout_id", value=wanted)
    return LayoutDeleted(layout_id=layout.id, deleted_by=stamp.actor, at=stamp.at)


def _check_text(command: c.SaveLayout) -> list[Refusal]:
    code = LayoutRejection
    refusals = []
    name = command.name
    if not (0 < len(name) <= NAME_MAX and name.isprintable() and name == name.strip()):
        detail = f"1 to {NAME_MAX} characters, no blank at either end"
        refusals.append(refusal(code.LAYOUT_NAME_INVALID, detail, "name", name))
    if not is_code(command.page):
        detail = "1 to 64 letters, digits or ._:/-"
        refusals.append(refusal(code.LAYOUT_PAGE_INVALID, detail, "page", command.page))
    size = len(command.state.encode(errors="surrogatepass"))
    if size > STATE_MAX:
        detail = f"{size} bytes of JSON; {STATE_MAX} at most"
        refusals.append(refusal(code.LAYOUT_TOO_LARGE, detail, "state", ""))
    elif not _is_object(command.state):
        detail = "a JSON object, whose numbers are finite"
        refusals.append(refusal(code.LAYOUT_STATE_INVALID, detail, "state", command.state))
    return refusals


def _is_object(text: str) -> bool:
    """True for the text of a JSON object; RFC 8259 has neither NaN nor Infinity."""
    try:
        return isinstance(json.loads(text, parse_constant=_refuse_constant), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_roles(command: c.SaveLayout, roles: Collection[Role]) -> list[Refusal]:
    """A person shares with the roles he holds; an admin with any."""
    if Role.ADMIN in roles:
        return []
    detail = "you may share with the roles you hold; an admin with any"
    code = LayoutRejection.LAYOUT_ROLE_NOT_HELD
    foreign = sorted(command.shared_with.difference(roles))
    return [refusal(code, detail, "shared_with", role) for role in foreign]
