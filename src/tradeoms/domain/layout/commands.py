"""The requests to keep and to forget a layout."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.kernel.enums import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLayout:
    """Keep a layout under its name, in place of one's own of that name on that page.

    The fields are those of `state.Layout`.
    """

    name: str
    page: str
    state: str
    shared_with: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLayout:
    """Forget a layout of one's own."""

    layout_id: str


LayoutCommand = SaveLayout | DeleteLayout
