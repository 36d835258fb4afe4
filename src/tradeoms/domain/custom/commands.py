"""Requests about custom fields."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.custom.state import CustomField


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCustomFields:
    """Set the fields, in place of all there are; orders keep the values that they have."""

    fields: tuple[CustomField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCustomValues:
    """Give values to custom fields of an order, as (name, value); an empty value takes one away.

    The terms of the order stay as they are, and so do its checks, waivers and approvals.
    """

    order_id: str
    values: tuple[tuple[str, str], ...]


CustomCommand = LoadCustomFields | SetCustomValues
