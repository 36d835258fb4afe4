"""What a broker does after trading: instructions (J) are acknowledged (P) and confirmed (AK).

Each account is confirmed: gross by the average price, a commission for each share. The setting
`confirm` makes it reject or err. What was instructed and affirmed is kept in the ledger.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from simulators.counterparty import wire
from simulators.counterparty.book import Book
from simulators.counterparty.config import Confirm
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
    for share in shares:
        _confirm(book, message, share.account, share.qty)


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


def _confirm(book: Book, message: Message, account: str, qty: Decimal) -> None:
    tags, confirm = message.tags, book.behaviour.confirm
    price = wire.number(tags[6]) or Decimal(0)
    if confirm is Confirm.WRONG_PRICE:
        price += CENT
    gross = (qty * price).quantize(CENT, ROUND_HALF_EVEN)
    commission = (qty * RATE).quantize(CENT, ROUND_HALF_EVEN)
    net = gross + commission if tags[54] in BUYS else gross - commission
    if confirm is Confirm.WRONG_NET:
        net += CENT
    replaces = f"{tags[72]}-{account}" if tags[71] == "1" else ""
    body: Pairs = [
        (664, f"{tags[70]}-{account}"),
        (772, replaces),
        (666, "1" if replaces else "0"),
        (773, "2"),
        (665, "4"),
        (70, tags[70]),
        (60, wire.utc_now()),
        (75, tags[75]),
        (55, tags.get(55, "")),
        (54, tags[54]),
        (80, text_of(qty)),
        (79, account),
        (6, price_text(price)),
        (381, text_of(gross)),
        (12, text_of(commission)),
        (13, "3"),
        (118, text_of(net)),
    ]
    book.stats["confirmations"] += 1
    book.send(message.session, "AK", body)


def affirmation(book: Book, message: Message) -> None:
    """Keep the client's word on a confirmation (AU)."""
    book.keep_affirmation(message.tags[664], message.tags[940])


def allocations(book: Book, request: Request) -> Request:
    """Return what was instructed, and the client's word on each confirmation."""
    del request
    return {
        "instructions": list(book.allocations.values()),
        "affirmations": dict(book.affirmations),
    }
