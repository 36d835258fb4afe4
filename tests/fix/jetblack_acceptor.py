"""A broker on jetblack-fixengine, an engine in Python that shares no code with ours or quickfix.

`jetblack_acceptor.py PORT FOLDER DICTIONARY`: acknowledges and fills every order but those of 777
units, which stay open until they are replaced or canceled. The dictionary is quickfix's FIX44.xml;
this engine calls the session messages by names of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import logging
import re
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

engine: Any = importlib.import_module("jetblack_fixengine")  # not installed by default
loader: Any = importlib.import_module("jetblack_fixparser.loader")
OPEN = Decimal(777)
SESSION_MESSAGES = ("Logon", "Logout", "Heartbeat", "TestRequest", "ResendRequest",
                    "SequenceReset", "Reject")  # fmt: skip
_ORDER = (
    "Account", "ClOrdID", "OrigClOrdID", "OrderID", "HandlInst", "Symbol", "SecurityID",
    "SecurityIDSource", "SecurityExchange", "SecurityType", "Currency", "Side", "TransactTime",
    "OrderQty", "OrdType", "Price", "StopPx", "TimeInForce", "ExpireDate", "Text",
)  # fmt: skip
FLAT = {
    "NewOrderSingle": _ORDER, "OrderCancelReplaceRequest": _ORDER, "OrderCancelRequest": _ORDER,
    "OrderStatusRequest": _ORDER,
    "ExecutionReport": (
        "OrderID", "ExecID", "ExecType", "OrdStatus", "ClOrdID", "OrigClOrdID", "Symbol", "Side",
        "OrderQty", "LastQty", "LastPx", "LeavesQty", "CumQty", "AvgPx", "TransactTime",
    ),
}  # fmt: skip
EXEC_IDS = itertools.count(1)


def dictionary(shipped: Path, folder: Path) -> Path:
    """The shipped dictionary with the engine's names, and flat messages without components."""
    root = ET.parse(shipped).getroot()  # noqa: S314 - a file of an installed package
    components = root.find("components")
    messages = root.find("messages")
    assert components is not None
    assert messages is not None
    for component in list(components):
        components.remove(component)
    for message in list(messages):
        name = message.attrib["name"]
        if name not in FLAT and name not in SESSION_MESSAGES:
            messages.remove(message)
            continue
        message.set("name", re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper())
        if name in FLAT:
            for part in list(message):
                message.remove(part)
            for field in FLAT[name]:
                ET.SubElement(message, "field", name=field, required="N")
    path = folder / "FIX44.own.xml"
    ET.ElementTree(root).write(path, encoding="utf-8")
    return path


class Broker(engine.FIXApplication):  # type: ignore[misc]  # untyped here
    """Works what it gets."""

    async def on_application_message(self, message: Any, fix_engine: Any) -> None:
        """Answer an order, a replace or a cancel."""
        match message["MsgType"]:
            case "NEW_ORDER_SINGLE":
                await self._report(fix_engine, message, "NEW", "NEW")
                if Decimal(str(message["OrderQty"])) != OPEN:
                    await self._report(fix_engine, message, "TRADE", "FILLED")
            case "ORDER_CANCEL_REPLACE_REQUEST":
                await self._report(fix_engine, message, "REPLACED", "NEW")
            case "ORDER_CANCEL_REQUEST":
                await self._report(fix_engine, message, "CANCELED", "CANCELED")
            case _:
                pass

    async def _report(self, fix_engine: Any, order: Any, kind: str, status: str) -> None:
        size = Decimal(str(order["OrderQty"]))
        filled = size if status == "FILLED" else Decimal(0)
        open_ = size if status == "NEW" else Decimal(0)
        body = {
            "OrderID": "J1", "ExecID": f"J{next(EXEC_IDS)}", "ExecType": kind, "OrdStatus": status,
            "ClOrdID": order["ClOrdID"], "Symbol": order["Symbol"], "Side": order["Side"],
            "OrderQty": size, "LeavesQty": open_, "CumQty": filled, "AvgPx": Decimal("10.5"),
            "TransactTime": datetime.now(UTC),
        }  # fmt: skip
        if filled:
            body |= {"LastQty": filled, "LastPx": Decimal("10.5")}
        if "OrigClOrdID" in order:
            body["OrigClOrdID"] = order["OrigClOrdID"]
        await fix_engine.send_message("EXECUTION_REPORT", body)


def main(port: int, folder: Path, shipped: Path) -> None:
    """Listen until killed."""
    logging.basicConfig(level=logging.INFO)
    protocol = loader.load_quickfix_protocol(
        dictionary(shipped, folder), is_millisecond_time=True, is_float_decimal=True
    )
    config = engine.AcceptorConfig(
        "127.0.0.1", port, protocol, "PEER", "OMS", engine.FileStore(folder)
    )
    asyncio.run(engine.start_acceptor(Broker(), config))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
