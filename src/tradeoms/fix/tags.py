"""Raw FIX text taken apart: tag -> first value, and the few places that must be found fast.

Every message read here carries what the gateway needs outside repeating groups, so the first value
of a tag is the one meant. Bytes are read as Latin-1: every byte has a character, none can fail.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

SOH: Final = "\x01"
_FIELD: Final = re.compile("(?:\\A|(?<=\x01))([0-9]+)=([^\x01]*)")
_TYPE: Final = re.compile(rb"\x0135=([^\x01]*)")
#: A number of more digits is none: no counterparty counts as far.
_SEQ: Final = re.compile(rb"\x0134=(\d{1,18})\x01")
_HEAD: Final = re.compile(rb"\A8=[^\x01]*\x019=(\d{1,9})\x01")
_TAIL: Final = re.compile(rb"(?<=\x01)10=(\d{1,3})\x01\Z")
_SENDER: Final = re.compile(rb"\x0149=([^\x01]*)")
_TARGET: Final = re.compile(rb"\x0156=([^\x01]*)")
_CL_ORD_ID: Final = re.compile(rb"\x0111=([^\x01]*)")
_ALLOC_ID: Final = re.compile(rb"\x0170=([^\x01]*)")
#: What may differ between a message and its resend (FIX 4.4 Vol. 2): framing, flags and clocks.
_TRANSPORT: Final = re.compile(rb"(?:^|(?<=\x01))(?:8|9|10|34|43|52|97|122|369)=[^\x01]*\x01")


def tags_of(raw: bytes) -> dict[int, str]:
    """Return tag -> first value; parts that are not `number=value` are passed over."""
    found = _FIELD.findall(raw.decode("latin-1"))
    found.reverse()  # the first value of a tag is set last, and stays
    return {int(tag): value for tag, value in found}


def group_of(raw: bytes, counter: int) -> list[bytes]:
    """Return the entries of the first group counted by ``counter``, each as raw fields.

    An entry begins with each field of the tag that follows the counter. The last one runs to the
    end of the message: only tags that stand nowhere else may be read of it.
    """
    _, found, rest = raw.partition(f"\x01{counter}=".encode())
    _, _, body = rest.partition(b"\x01")
    delimiter = body.partition(b"=")[0]
    if not found or not delimiter.isdigit():
        return []
    start = b"\x01" + delimiter + b"="
    return [delimiter + b"=" + entry for entry in (b"\x01" + body).split(start)[1:]]


def msg_type_of(raw: bytes) -> str:
    """MsgType (35), empty if there is none."""
    found = _TYPE.search(raw)
    return found[1].decode("latin-1") if found else ""


def is_intact(raw: bytes) -> bool:
    """True where BodyLength (9) and CheckSum (10) are right; else the message never was.

    FIX 4.4 Volume 2, "garbled messages": quickfix passes them over, their number included.
    """
    head, tail = _HEAD.match(raw), _TAIL.search(raw)
    if head is None or tail is None:
        return False
    end = tail.start()
    return int(head[1]) == end - head.end() and int(tail[1]) == sum(raw[:end]) % 256


def is_between(raw: bytes, *, sender: str, target: str) -> bool:
    """True where SenderCompID (49) and TargetCompID (56) are these."""
    told = (_SENDER.search(raw), _TARGET.search(raw))
    return [found and found[1].decode("latin-1") for found in told] == [sender, target]


def seq_of(raw: bytes) -> int:
    """MsgSeqNum (34), 0 if there is none."""
    found = _SEQ.search(raw)
    return int(found[1]) if found else 0


def cl_ord_id_of(raw: bytes) -> str:
    """ClOrdID (11), empty if there is none."""
    found = _CL_ORD_ID.search(raw)
    return found[1].decode("latin-1") if found else ""


def alloc_id_of(raw: bytes) -> str:
    """AllocID (70), empty if there is none."""
    found = _ALLOC_ID.search(raw)
    return found[1].decode("latin-1") if found else ""


def cl_ord_ids_of(raw: bytes) -> list[str]:
    """Every ClOrdID (11): several in a list."""
    return [each.decode("latin-1") for each in _CL_ORD_ID.findall(raw)]


def is_poss_dup(raw: bytes) -> bool:
    """True where PossDupFlag (43) is Y."""
    return b"\x0143=Y\x01" in raw


def is_poss_resend(raw: bytes) -> bool:
    """True where PossResend (97) is Y."""
    return b"\x0197=Y\x01" in raw


def content_key(raw: bytes) -> int:
    """A number equal for a message and its resends, and different for other content."""
    digest = blake2b(_TRANSPORT.sub(b"", raw), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
