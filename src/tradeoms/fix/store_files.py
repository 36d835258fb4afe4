"""Reads the files of the quickfix session store before quickfix opens them.

`<Begin>-<Sender>-<Target>.seqnums` holds "sender : target", `.header` holds "seq,offset,size " for
each message in `.body`, the last entry of a number wins. quickfix flushes and never syncs them, and
reads damage as an empty store, so the gateway judges first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradeoms.fix.cl_ord_ids import from_wire
from tradeoms.fix.session_config import SessionConfig
from tradeoms.fix.tags import alloc_id_of, cl_ord_ids_of, msg_type_of

_SEQNUMS: Final = re.compile(rb"\s*(\d+) : (\d+)\s*\0*")
_REQUESTS: Final = frozenset("DGFqEJ")
_SUFFIXES: Final = ("body", "header", "seqnums", "session")


@dataclass(frozen=True, slots=True)
class StorePicture:
    """What the store says.

    Attributes:
        found: False if there is no store.
        damage: What is wrong with it; empty if nothing.
        next_out: The next number to send.
        next_in: The next number expected.
        sent: ClOrdID (AllocID) of each request in it -> its highest MsgSeqNum.
    """

    found: bool
    damage: str
    next_out: int
    next_in: int
    sent: dict[str, int]


def store_path(folder: Path, config: SessionConfig, suffix: str) -> Path:
    """The file ``suffix`` of a session's store."""
    stem = f"{config.begin_string}-{config.sender_comp_id}-{config.target_comp_id}"
    return folder / f"{stem}.{suffix}"


def read_store(folder: Path, config: SessionConfig) -> StorePicture:
    """Read the store of ``config``'s session."""
    seqnums = store_path(folder, config, "seqnums")
    if not seqnums.exists():
        return StorePicture(found=False, damage="", next_out=1, next_in=1, sent={})
    numbers = _SEQNUMS.fullmatch(seqnums.read_bytes())
    if numbers is None:
        return _damaged("the sequence numbers cannot be read")
    try:
        sent = _sent(folder, config)
    except (OSError, ValueError) as error:
        return _damaged(str(error))
    return StorePicture(
        found=True, damage="", next_out=int(numbers[1]), next_in=int(numbers[2]), sent=sent
    )


def remove_store(folder: Path, config: SessionConfig) -> None:
    """Put a damaged store aside for a person to read, so that quickfix makes a new one."""
    for suffix in _SUFFIXES:
        path = store_path(folder, config, suffix)
        if path.exists():
            path.replace(path.with_name(path.name + ".damaged"))


def _damaged(damage: str) -> StorePicture:
    return StorePicture(found=True, damage=damage, next_out=1, next_in=1, sent={})


def _sent(folder: Path, config: SessionConfig) -> dict[str, int]:
    """ClOrdID -> MsgSeqNum of the requests stored.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If header and body do not fit together.
    """
    header = store_path(folder, config, "header").read_bytes()
    body = store_path(folder, config, "body").read_bytes()
    entries: dict[int, tuple[int, int]] = {}
    for entry in header.split():
        seq, offset, size = (int(part) for part in entry.split(b","))
        entries[seq] = (offset, size)
    sent: dict[str, int] = {}
    for seq, (offset, size) in sorted(entries.items()):
        raw = body[offset : offset + size]
        if len(raw) != size or not raw.startswith(b"8=FIX"):
            raise ValueError(f"message {seq} is not in the body")
        msg_type = msg_type_of(raw)
        if msg_type in _REQUESTS:
            own = [alloc_id_of(raw)] if msg_type == "J" else cl_ord_ids_of(raw)
            ids = config.dialect.ids
            for wire_id in own:
                sent[from_wire(wire_id, ids.charset, ids.prefix)] = seq
    return sent
