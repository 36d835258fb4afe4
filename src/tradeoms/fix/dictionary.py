"""Lenient data dictionaries for the session engine, written from one compact table.

The engine needs a dictionary only to know message types, raw data fields and repeating groups: with
enumerated values, data types and required fields in it, a report with an unknown code is rejected
before the gateway sees it and the fill is lost. So everything is an optional STRING, and every
message type has every group it may carry. Groups: FIX 4.4 Vol. 6, 4.2 App. A and 5.0 SP2 Vol. 6.

From FIX 5.0 on the session has a protocol of its own, FIXT.1.1: one dictionary for the transport
and one for the application messages, both as lenient.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

#: NoSides (552) of a trade capture report.
_SIDES: Final = (
    54, 37, 198, 11, 526, 66, 453, 1, 660, 581, 15, 528, 529, 40, 18, 625, 336, 12, 13, 381, 157,
    158, 159, 118, 119, 155, 156, 77, 58, 136, 70,
)  # fmt: skip
#: Counter -> fields of an entry, the delimiter first; nested groups stand as their counter.
GROUPS: Final[dict[int, tuple[int, ...]]] = {
    33: (58, 354, 355),
    73: (11, 526, 37, 198, 66, 14, 39, 636, 151, 84, 6, 103, 58, 38, 799, 800),
    78: (79, 661, 573, 366, 736, 80, 467, 539, 81, 153, 154, 119, 155, 12, 13, 136),
    85: (165, 787, 781),
    124: (17, 32, 527, 31, 669, 29),
    136: (137, 138, 139, 891),
    146: (55, 65, 48, 22),
    199: (104,),
    215: (216, 217),
    232: (233, 234),
    382: (375, 337, 437, 438, 655),
    384: (372, 385),
    386: (336, 625),
    453: (448, 447, 452, 802),
    454: (455, 456),
    518: (519, 520, 521),
    534: (41, 535, 536),
    539: (524, 525, 538, 804),
    552: _SIDES,
    555: (600, 601, 602, 603, 609, 610, 611, 616, 623, 624, 556, 687, 564, 565, 539, 654, 566, 637),
    711: (311, 312, 309, 305),
    768: (769, 770, 771),
    781: (782, 783, 784),
    802: (523, 803),
    804: (545, 805),
    862: (528, 529, 863),
    864: (865, 866, 867, 868),
    870: (871, 872),
    957: (958, 959, 960),
}
#: NoOrders (73) of a list (E) has whole orders; elsewhere it only refers to orders.
LIST_ORDERS: Final = (
    11, 67, 1, 21, 18, 55, 65, 48, 22, 207, 100, 167, 15, 54, 60, 38, 40, 44, 99, 59, 432, 126, 47,
    528, 114, 58, 78, 453,
)  # fmt: skip
_ORDER: Final = (78, 232, 386, 453, 454, 555, 711, 864, 957)
_PARTIES: Final = (453, 454)
#: MsgType -> counters of its groups.
MESSAGE_GROUPS: Final[dict[str, tuple[int, ...]]] = {
    "A": (384,),
    "B": (33, 146, 215),
    "C": (33, 146, 215),
    "6": (199, 215, 232, 454, 555),
    "8": (136, 232, 382, 453, 454, 518, 555, 711, 768, 864, 957),
    "D": _ORDER,
    "G": _ORDER,
    "F": _PARTIES,
    "H": _PARTIES,
    "J": (73, 78, 124, 136, 232, 453, 454, 864, 870),
    "P": (78, 453),
    "N": (73,),
    "E": (73,),
    "Q": _PARTIES,
    "r": (534,),
    "AF": _PARTIES,
    "AE": (232, 453, 454, 552, 555, 711, 768),
    "AK": (73, 85, 124, 136, 232, 453, 454, 768, 862, 864, 870),
    "AS": (73, 78, 124, 136, 232, 453, 454, 864, 870),
    "AT": (78, 453),
}
#: Of application messages that are not in the table: they are kept and parked, never refused.
_USUAL: Final = (73, 78, 136, 146, 232, 453, 454, 555, 711)
ADMIN: Final = ("0", "1", "2", "3", "4", "5", "A")
APPLICATION: Final = (
    *"6789BCDEFGHJKLMNPQRSTVWXYZabcdefghijklmnopqrstuvwxyz",
    *(f"A{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    *(f"B{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    *(f"C{letter}" for letter in "ABCDEFGH"),
)
HEADER: Final = (
    8, 9, 35, 49, 56, 115, 128, 90, 91, 34, 50, 142, 57, 143, 116, 144, 129, 145, 43, 97, 52,
    122, 212, 213, 347, 369, 370, 1128, 1129, 1156,
)  # fmt: skip
TRAILER: Final = (93, 89, 10)
#: Length field -> data field (FIX 4.4 Vol. 6): raw data may hold any byte, only its length tells.
DATA: Final = {
    90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359,
    360: 361, 362: 363, 364: 365, 445: 446, 618: 619, 621: 622,
}  # fmt: skip


#: DefaultApplVerID (1137) -> version of the application messages (FIXT 1.1, table of ApplVerID).
APPL_VERSIONS: Final = {"7": "FIX.5.0", "8": "FIX.5.0SP1", "9": "FIX.5.0SP2"}
FIXT: Final = "FIXT.1.1"
_VERSION: Final = re.compile(r"(FIXT?)\.(\d)\.(\d)(?:SP(\d))?")


def dictionary_xml(version: str) -> str:
    """The dictionary of ``version`` (FIX.4.2, FIX.4.4, FIXT.1.1, FIX.5.0SP2) as XML text.

    That of FIXT.1.1 has the session messages only, that of FIX.5.0 and later the others only.
    """
    found = _VERSION.fullmatch(version)
    assert found is not None
    kind, major, minor, pack = found.groups(default="0")
    head = f'<fix type="{kind}" major="{major}" minor="{minor}" servicepack="{pack}">'
    lines = [head, " <header>"]
    lines += [f"  {_field(tag)}" for tag in HEADER] + [" </header>", " <messages>"]
    if version not in APPL_VERSIONS.values():
        for msg_type in ADMIN:
            lines += _message(msg_type, "admin")
    if version != FIXT:
        for msg_type in APPLICATION:
            lines += _message(msg_type, "app")
    lines += [" </messages>", " <trailer>"] + [f"  {_field(tag)}" for tag in TRAILER]
    lines += [" </trailer>", " <components/>", " <fields>"]
    lines += [f'  <field number="{tag}" name="T{tag}" type="{_type(tag)}"/>' for tag in _all_tags()]
    return "\n".join([*lines, " </fields>", "</fix>", ""])


def dictionary_path(folder: Path, version: str) -> Path:
    """Where the dictionary of ``version`` is in ``folder``."""
    return folder / f"{version.replace('.', '')}.lenient.xml"


def write_dictionary(folder: Path, version: str) -> Path:
    """Write the dictionary into ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = dictionary_path(folder, version)
    path.write_text(dictionary_xml(version), encoding="ascii")
    return path


def _message(msg_type: str, category: str) -> list[str]:
    """The lines of one message: a field each must have, and its groups."""
    head = f'  <message name="M{msg_type}_" msgtype="{msg_type}" msgcat="{category}">'
    lines = [head, f"   {_field(58)}"]
    usual = () if category == "admin" else _USUAL
    for counter in MESSAGE_GROUPS.get(msg_type, usual):
        own = LIST_ORDERS if (msg_type, counter) == ("E", 73) else GROUPS[counter]
        lines += _group(counter, "   ", own)
    return [*lines, "  </message>"]


def _group(counter: int, indent: str, tags: tuple[int, ...]) -> list[str]:
    lines = [f'{indent}<group name="T{counter}" required="N">']
    for tag in tags:
        nested = tag in GROUPS
        lines += _group(tag, indent + " ", GROUPS[tag]) if nested else [f"{indent} {_field(tag)}"]
    return [*lines, f"{indent}</group>"]


def _field(tag: int) -> str:
    return f'<field name="T{tag}" required="N"/>'


def _all_tags() -> list[int]:
    inside = {tag for entry in (*GROUPS.values(), LIST_ORDERS) for tag in entry}
    return sorted({*HEADER, *TRAILER, *GROUPS, *inside, *DATA, *DATA.values(), 58})


def _type(tag: int) -> str:
    if tag in GROUPS:
        return "NUMINGROUP"
    if tag in DATA.values():
        return "DATA"
    return "LENGTH" if tag in DATA else "STRING"
