"""What a broker does after trading: instructions (J) are acknowledged (P) and confirmed (AK, AS).

Each account is confirmed: gross by the average price, a commission for each share. The setting
`confirm` makes it reject or err, `confirm_form` tells all accounts in one allocation report. A
request (BH) is answered by confirmations. What was instructed and affirmed is kept in the ledger.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from simulators.counterparty import wire
from simulators.counterparty.book import Book
from simulators.counterparty.config import Confirm, ConfirmForm
from simulators.counterparty.desk import Message, Request
from simulators.counterparty.model import Pairs, price_text, text_of

CENT: Final = Decimal("0.01")
#: Commission a share.
RATE: Final = Decimal("0.02")
BUYS: Final = frozenset({"1", "3"})


def allocation(book: Book, message: Message) -> None:
    """Answer an AllocationInstruction: received, then accepted or rejected, then confirmed."""
    tags = message.tags
    alloc_id, trans_type = tags[70], tags[71]
    if alloc_id in book.allocations:
        book.stats["duplicate_alloc_ids"] += 1
        return
    shares = wire.shares_of(message.pairs)
    _acknowledge(book, message, "3")
    wrong = _wrong(book, message)
    kept: Request = {
        "alloc_id": alloc_id,
        "trans_type": trans_type,
        "ref_id": tags.get(72, ""),
        "quantity": tags[53],
        "avg_px": tags[6],
        "side": tags[54],
        "symbol": tags.get(55, ""),
        "trade_on": tags[75],
        "cl_ord_id": tags[11],
        "accepted": not wrong,
        "lines": [{"account": share.account, "qty": text_of(share.qty)} for share in shares],
    }
    book.keep_allocation(alloc_id, kept)
    if wrong:
        _acknowledge(book, message, "1", reason="13", text=wrong)
        return
    _acknowledge(book, message, "0")
    if trans_type == "2" or message.old or book.behaviour.confirm is Confirm.NONE:
        return
    if book.behaviour.confirm_form is ConfirmForm.REPORT:
        _report(book, message.session, kept)
        return
    for line in kept["lines"]:
        _confirm(book, message.session, kept, line)


def _acknowledge(
    book: Book, message: Message, status: str, *, reason: str = "", text: str = ""
) -> None:
    tags = message.tags
    body: Pairs = [
        (70, tags[70]),
        (75, tags[75]),
        (60, wire.utc_now()),
        (87, status),
        (88, reason),
        (58, text),
    ]
    book.send(message.session, "P", body)


def _wrong(book: Book, message: Message) -> str:
    """Return why an instruction is rejected, or nothing."""
    tags = message.tags
    if book.behaviour.confirm is Confirm.REJECT:
        return "rejected by command"
    order = book.find(message.session, tags[11])
    if order is None:
        return "unknown order"
    quantity = wire.number(tags[53])
    total = sum((share.qty for share in wire.shares_of(message.pairs)), Decimal(0))
    if quantity is None or total != quantity:
        return "the accounts do not sum to the quantity"
    if tags[71] != "2" and quantity > order.cum_qty:
        return f"only {text_of(order.cum_qty)} executed"
    return ""


class Costs(NamedTuple):
    """What an account pays or gets, as the broker says."""

    price: Decimal
    gross: Decimal
    commission: Decimal
    net: Decimal


def _costs(book: Book, told: Request, qty: Decimal) -> Costs:
    confirm = book.behaviour.confirm
    price = wire.number(told["avg_px"]) or Decimal(0)
    if confirm is Confirm.WRONG_PRICE:
        price += CENT
    gross = (qty * price).quantize(CENT, ROUND_HALF_EVEN)
    commission = (qty * RATE).quantize(CENT, ROUND_HALF_EVEN)
    net = gross + commission if told["side"] in BUYS else gross - commission
    if confirm is Confirm.WRONG_NET:
        net += CENT
    return Costs(price, gross, commission, net)


def _confirm(book: Book, session: str, told: Request, line: Request) -> None:
    account, qty = line["account"], Decimal(line["qty"])
    costs = _costs(book, told, qty)
    replaces = f"{told['ref_id']}-{account}" if told["trans_type"] == "1" else ""
    body: Pairs = [
        (664, f"{told['alloc_id']}-{account}"),
        (772, replaces),
        (666, "1" if replaces else "0"),
        (773, "2"),
        (665, "4"),
        (70, told["alloc_id"]),
        (60, wire.utc_now()),
        (75, told["trade_on"]),
        (55, told["symbol"]),
        (54, told["side"]),
        (80, text_of(qty)),
        (79, account),
        (6, price_text(costs.price)),
        (381, text_of(costs.gross)),
        (12, text_of(costs.commission)),
        (13, "3"),
        (118, text_of(costs.net)),
    ]
    book.stats["confirmations"] += 1
    book.send(session, "AK", body)


def _report(book: Book, session: str, told: Request) -> None:
    """Tell all accounts in one AllocationReport; gross and net are those of all of them."""
    lines = [(line, _costs(book, told, Decimal(line["qty"]))) for line in told["lines"]]
    group: Pairs = [(78, str(len(lines)))]
    for line, costs in lines:
        group += [(79, line["account"]), (80, line["qty"]), (12, text_of(costs.commission))]
        group += [(13, "3"), (154, text_of(costs.net))]
    replaces = told["trans_type"] == "1"
    body: Pairs = [
        (755, f"{told['alloc_id']}-R"),
        (71, "1" if replaces else "0"),
        (795, f"{told['ref_id']}-R" if replaces else ""),
        (70, told["alloc_id"]),
        (794, "3"),
        (87, "0"),
        (857, "1"),
        (73, "1"),
        (11, told["cl_ord_id"]),
        (54, told["side"]),
        (55, told["symbol"]),
        (53, told["quantity"]),
        (6, price_text(lines[0][1].price)),
        (75, told["trade_on"]),
        (60, wire.utc_now()),
        (381, text_of(sum((costs.gross for _, costs in lines), Decimal(0)))),
        (118, text_of(sum((costs.net for _, costs in lines), Decimal(0)))),
        *group,
    ]
    book.stats["allocation_reports"] += 1
    book.send(session, "AS", body)


def confirmation_request(book: Book, message: Message) -> None:
    """Confirm an allocation, or one account of it, again; refuse what was never accepted."""
    tags = message.tags
    told = book.allocations.get(tags[70], {})
    wanted = tags.get(79, "")
    lines = [line for line in told.get("lines", ()) if wanted in {"", line["account"]}]
    if not lines or not told["accepted"]:
        body: Pairs = [
            (664, f"{tags[859]}-refused"),
            (773, "3"),
            (859, tags[859]),
            (60, wire.utc_now()),
            (58, "unknown allocation"),
        ]
        book.send(message.session, "AK", body)
        return
    for line in lines:
        _confirm(book, message.session, told, line)


def affirmation(book: Book, message: Message) -> None:
    """Keep the client's word on a confirmation (AU)."""
    book.keep_affirmation(message.tags[664], message.tags[940])


def report_answer(book: Book, message: Message) -> None:
    """Keep the client's word on an allocation report (AT), AllocStatus (87), under its id."""
    book.keep_affirmation(message.tags[755], message.tags[87])


def allocations(book: Book, request: Request) -> Request:
    """Return what was instructed, and the client's word on each confirmation and report."""
    del request
    return {
        "instructions": list(book.allocations.values()),
        "affirmations": dict(book.affirmations),
    }
