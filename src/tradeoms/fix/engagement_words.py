"""The words of the rules-of-engagement pages: names of tags, what reports do, what is certified."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final

from tradeoms.app.instruction import InstructionKind
from tradeoms.fix.dialect import ID_SOURCES
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

#: FIX 4.4 Vol. 6 and FIX 5.0 SP2 Vol. 6.
TAGS: Final = {
    1: "Account", 11: "ClOrdID", 15: "Currency", 21: "HandlInst", 22: "SecurityIDSource",
    37: "OrderID", 38: "OrderQty", 40: "OrdType", 41: "OrigClOrdID", 44: "Price", 47: "Rule80A",
    48: "SecurityID", 54: "Side", 55: "Symbol", 58: "Text", 59: "TimeInForce", 60: "TransactTime",
    65: "SymbolSfx", 99: "StopPx", 100: "ExDestination", 114: "LocateReqd", 126: "ExpireTime",
    167: "SecurityType", 207: "SecurityExchange", 432: "ExpireDate", 447: "PartyIDSource",
    448: "PartyID", 452: "PartyRole", 453: "NoPartyIDs", 528: "OrderCapacity",
    66: "ListID", 67: "ListSeqNo", 68: "TotNoOrders", 73: "NoOrders", 394: "BidType",
    433: "ListExecInstType", 893: "LastFragment",
    200: "MaturityMonthYear", 201: "PutOrCall", 202: "StrikePrice", 205: "MaturityDay",
    231: "ContractMultiplier", 461: "CFICode", 541: "MaturityDate",
    110: "MinQty", 111: "MaxFloor", 210: "MaxShow", 1138: "DisplayQty",
    530: "MassCancelRequestType", 584: "MassStatusReqID", 585: "MassStatusReqType",
}  # fmt: skip

#: What the codes of a tag say.
MEANINGS: Final[dict[int, dict[str, str]]] = {
    21: {"1": "automatic", "2": "automatic, a desk may step in", "3": "for a desk"},
    22: {code: scheme for scheme, code in ID_SOURCES.items()},
    40: {each.fix: each.value for each in reversed(OrderType)},
    47: {"A": "agency", "P": "principal"},
    528: {"A": "agency", "P": "principal"},
    54: {each.fix: each.value for each in reversed(Side)},
    59: {each.fix: each.value for each in TimeInForce},
    201: {"0": "put", "1": "call"},
    447: {"D": "the house's own code"},
    452: {"24": "customer account"},
    394: {"3": "no bidding"},
    433: {"1": "at once"},
    893: {"Y": "the last", "N": "more follow"},
    530: {"1": "of one security", "7": "all orders"},
    585: {"7": "all orders"},
}

MESSAGES: Final = {
    InstructionKind.NEW: ("D", "NewOrderSingle"),
    InstructionKind.REPLACE: ("G", "OrderCancelReplaceRequest"),
    InstructionKind.CANCEL: ("F", "OrderCancelRequest"),
    InstructionKind.MASS_CANCEL: ("q", "OrderMassCancelRequest"),
    InstructionKind.STATUS: ("H", "OrderStatusRequest"),
}

_READ: Final = (
    "11, 41, 37, 17, 19, 20 (4.2), 150, 39, 54, 55, 48, 22, 15, 38, 32, 31, 30, 14, 151, 6, 44, "
    "58, 103, 378, 424–426, 60, 75"
)
_DOES: Final = (
    "An execution is booked by 150 and 32; everything else changes the state. 14, 6 "
    "and 151 are compared with our own sums, 39 is shown beside our own status."
)
REPORTS: Final = (
    ("8", "ExecutionReport", _READ, _DOES),
    ("9", "OrderCancelReject", "11, 41, 37, 39, 434, 102, 58", "The request is taken back."),
    ("r", "OrderMassCancelReport", "11, 531, 532, 533, 58",
     "Refused, or an order open after the agreed time: it is canceled by itself. Ends no order."),
    ("N", "ListStatus", "66, 431, 68, 444",
     "Shown with the session. Ends no order: if it says rejected, each is asked for."),
    ("3, j", "Reject, BusinessMessageReject", "45, 372, 380, 373, 58",
     "The request with that number is taken back; a new order becomes rejected."),
    ("B, C, 6, h", "News, Email, IOI, TradingSessionStatus", "–", "Kept, changes nothing."),
    ("others", "–", "–", "Kept as a break for a person; never answered with a reject."),
)  # fmt: skip


@unique
class Needs(StrEnum):
    """What a counterparty must have for a story to be played."""

    REPLACE = "replace"
    CHAIN = "chain"
    STATUS = "status"
    MASS_STATUS = "mass_status"
    MASS_CANCEL = "mass_cancel"
    LISTS = "lists"
    STAGED = "staged"
    MINOR = "minor"
    COD = "cod"
    RATE = "rate"
    GOOD_TILL = "good_till"


#: What it needs, the story, what both sides must show at its end.
CERTIFICATION: Final = (
    (None, "Logon, TestRequest, Heartbeat, Logout", "both sides agree on the next numbers"),
    (None, "A limit order, acknowledged", "39=0"),
    (Needs.STAGED, "The desk takes a staged order", "39=A, then 39=0"),
    (None, "Filled in three parts", "39=1, 39=1, 39=2; 14 and 6 agree"),
    (Needs.MINOR, "Filled in a minor currency", "our average price is in the major one"),
    (None, "Rejected, with a reason", "39=8, 58 is shown"),
    (None, "Cancel, accepted", "39=6 if the peer sends it, 39=4"),
    (None, "Cancel, too late", "9 with 102=0, then the fill"),
    (None, "Unsolicited cancel", "39=4 without 41"),
    (Needs.REPLACE, "Replace of quantity and of price, accepted", "150=5 with the new 11"),
    (Needs.REPLACE, "Replace, rejected", "9 with 434=2; the old terms hold"),
    (Needs.REPLACE, "Fill while a replace is pending", "the fill names the old 11"),
    (Needs.CHAIN, "Two replaces in flight", "the second names the first in 41"),
    (None, "Bust of a fill", "150=H (4.2: 20=1); 14 is less by it"),
    (None, "Correction of a fill", "150=G (4.2: 20=2) with 19"),
    (None, "Done for the day", "39=3"),
    (Needs.GOOD_TILL, "Order over two days", "150=3, next morning 150=D with 378=1; 424 to 426"),
    (None, "Expired", "39=C"),
    (None, "The same report twice with 43=Y", "nothing changes"),
    (None, "Connection cut in mid-order, fill meanwhile", "the fill comes by resend, once"),
    (Needs.STATUS, "Status of a known and of an unknown order", "150=I; 39=8 with 103=5"),
    (Needs.MASS_STATUS, "Mass status", "a report for each open order, 584 echoed"),
    (Needs.LISTS, "A list of two orders, its status, canceled as one", "N; 8 for each order"),
    (Needs.MASS_CANCEL, "Mass cancel of two orders", "r with 531=7; 39=4 for each"),
    (Needs.COD, "Connection cut with an open order", "the peer tells 39=4 after the logon"),
    (Needs.RATE, "A burst beyond the agreed rate", "nothing is rejected by the peer"),
)

#: What is taken on a drop copy session.
COPIES: Final = (
    ("8", "ExecutionReport", "17, 19, 150 (20, 39), 11, 41, 37, 55, 54, 32, 31, 15, 60, 75, 880",
     "A fill, bust or correction is compared with what the order session brought."),
    ("AE", "TradeCaptureReport",
     "571, 487 or 150, 17, 19, 880, 552 (1), 54, 37, 11, 55, 32, 31, 15, 60, 75", "The same."),
    ("others", "–", "–", "Kept as a break for a person; never answered with a reject."),
)  # fmt: skip
