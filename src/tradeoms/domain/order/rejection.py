"""Why a request about an order may be refused: one closed list."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class OrderRejection(StrEnum):
    """Why a request about an order was refused. Declared in the order the checks run."""

    ORDER_UNKNOWN = "order_unknown"
    CLIENT_ORDER_ID_FORMAT = "client_order_id_format"
    CLIENT_ORDER_ID_USED = "client_order_id_used"
    SECURITY_UNKNOWN = "security_unknown"
    SECURITY_INACTIVE = "security_inactive"
    FUND_UNKNOWN = "fund_unknown"
    FUND_TWICE = "fund_twice"
    QUANTITY_NOT_POSITIVE = "quantity_not_positive"
    QUANTITY_NOT_IN_LOTS = "quantity_not_in_lots"
    ALLOCATIONS_MISSING = "allocations_missing"
    ALLOCATIONS_SUM = "allocations_sum"
    LIMIT_PRICE_MISSING = "limit_price_missing"
    LIMIT_PRICE_UNWANTED = "limit_price_unwanted"
    STOP_PRICE_MISSING = "stop_price_missing"
    STOP_PRICE_UNWANTED = "stop_price_unwanted"
    PRICE_NOT_POSITIVE = "price_not_positive"
    PRICE_NOT_ON_TICK = "price_not_on_tick"
    TIME_IN_FORCE_UNFIT = "time_in_force_unfit"
    EXPIRE_ON_MISSING = "expire_on_missing"
    EXPIRE_ON_UNWANTED = "expire_on_unwanted"
    EXPIRE_ON_PAST = "expire_on_past"
    TEXT_NOT_PRINTABLE = "text_not_printable"
    VENUE_FORMAT = "venue_format"
    CROSS_FUND_UNFIT = "cross_fund_unfit"
    VERSION_STALE = "version_stale"
    ORDER_CLOSED = "order_closed"
    ORDER_CANCELING = "order_canceling"
    AMEND_PENDING = "amend_pending"
    BELOW_BOOKED = "below_booked"
    NOTHING_CHANGED = "nothing_changed"
    COMPLIANCE_BLOCK = "compliance_block"
    NOT_SUBMITTED = "not_submitted"
    ALREADY_SUBMITTED = "already_submitted"
    NOT_APPROVED = "not_approved"
    NOT_WAITING = "not_waiting"
    SAME_PERSON = "same_person"
    ALREADY_RELEASED = "already_released"
