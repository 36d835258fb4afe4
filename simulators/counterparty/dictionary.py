"""Lenient data dictionaries for the acceptor.

QuickFIX answers a value or tag its dictionary does not know with a session reject, and the
application never sees the message. A counterparty wants to see everything and judge for itself, so
every enum, type and requirement is taken out; only what the parser needs stays: fields, groups,
lengths of data. The base is the dictionary installed with QuickFIX, else a small one made here.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

KEPT_TYPES: Final = frozenset({"NUMINGROUP", "DATA", "LENGTH", "SEQNUM", "XMLDATA"})
HEADER: Final = (8, 9, 35, 49, 56, 34, 43, 97, 52, 122, 50, 57, 115, 128, 116, 129, 142, 369)
TRAILER: Final = (93, 89, 10)
#: Session messages: type -> name and tags.
ADMIN: Final = {
    "0": ("Heartbeat", (112,)),
    "1": ("TestRequest", (112,)),
    "2": ("ResendRequest", (7, 16)),
    "3": ("Reject", (45, 58, 371, 372, 373)),
    "4": ("SequenceReset", (123, 36)),
    "5": ("Logout", (58,)),
    "A": ("Logon", (98, 108, 141, 789, 553, 554)),
}
APPLICATION: Final = (
    "D", "F", "G", "H", "8", "9", "j", "AF", "q", "r", "E", "K", "M", "N", "J", "P", "Q", "B",
    "AE", "AK", "AU", "AS", "AT", "BH",
)  # fmt: skip
SEQUENCE_NUMBERS: Final = frozenset({34, 45, 7, 16, 36, 369, 789})
#: Groups a client may put on an order: count tag -> member tags, the first one delimits.
GROUPS: Final = {
    453: (448, 447, 452),
    78: (79, 661, 80, 467, 12, 13, 154),
    386: (336, 625),
    957: (958, 959, 960),
}
#: Custom tags that desks take on the orders of a list: restricted brokers, locate, manager,
#: strategy, fund. Inside a group the parser must know every tag.
LIST_TAGS: Final = (5699, 5700, 40050, 40097, 50054)
#: FIX 5.0 is a transport dictionary and one of the application.
TRANSPORT: Final = "FIXT.1.1"

#: Messages that get the groups their dictionary lacks.
ORDER_MESSAGES: Final = ("D", "G", "8")


def write_lenient(begin_string: str, folder: Path) -> Path:
    """Write the lenient dictionary of a version and return its path."""
    shipped = Path(sys.prefix) / "share" / "quickfix" / f"{begin_string.replace('.', '')}.xml"
    root = relaxed(shipped) if shipped.exists() else minimal(begin_string)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{begin_string}.lenient.xml"
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def relaxed(shipped: Path) -> ET.Element:
    """Take enums, types and requirements out of a dictionary, and put missing groups in."""
    root = ET.parse(shipped).getroot()  # noqa: S314  # a file of the installed package
    for field in root.iterfind("./fields/field"):
        for value in list(field):
            field.remove(value)
        if field.get("type") not in KEPT_TYPES:
            field.set("type", "STRING")
    for element in root.iter():
        if "required" in element.attrib:
            element.set("required", "N")
    if root.get("major") == "5":
        _empty_strange_messages(root)
    if root.get("type") == "FIX":
        _add_missing_groups(root)
    _add_list_tags(root)
    return root


def _add_list_tags(root: ET.Element) -> None:
    orders = root.find("./messages/message[@msgtype='E']/group[@name='NoOrders']")
    if orders is not None:
        _members(orders, LIST_TAGS)
        for tag in LIST_TAGS:
            _field(_child(root, "fields"), tag)


def _empty_strange_messages(root: ET.Element) -> None:
    """Leave only the name of messages nobody here knows: FIX 5.0 SP2 loads 8 times faster."""
    for message in root.iterfind("./messages/message"):
        if message.get("msgtype") not in APPLICATION:
            for part in list(message):
                message.remove(part)


def _add_missing_groups(root: ET.Element) -> None:
    names = {int(field.attrib["number"]): field for field in root.iterfind("./fields/field")}
    grouped = {group.get("name") for group in root.iter("group")}
    for tag, members in GROUPS.items():
        if tag in names and names[tag].get("name") in grouped:
            continue
        for number in (tag, *members):
            if number not in names:
                names[number] = _field(_child(root, "fields"), number)
            names[number].set("type", _type(number))
        for message in root.iterfind("./messages/message"):
            if message.get("msgtype") in ORDER_MESSAGES:
                group = ET.SubElement(
                    message, "group", name=names[tag].attrib["name"], required="N"
                )
                for number in members:
                    ET.SubElement(group, "field", name=names[number].attrib["name"], required="N")


def minimal(begin_string: str) -> ET.Element:
    """Make a dictionary that knows the session layer and the groups of an order."""
    kind, major, minor = begin_string.split(".")
    minor, _, pack = minor.partition("SP")
    root = ET.Element("fix", type=kind, major=major, minor=minor, servicepack=pack or "0")
    _members(ET.SubElement(root, "header"), HEADER)
    messages = ET.SubElement(root, "messages")
    tags = {*HEADER, *TRAILER}
    for msg_type, (name, fields) in ADMIN.items():
        _members(_message(messages, name, msg_type, "admin"), fields)
        tags.update(fields)
    for msg_type in APPLICATION:
        message = _message(messages, f"App{msg_type}", msg_type, "app")
        for tag, members in GROUPS.items():
            _members(ET.SubElement(message, "group", name=_name(tag), required="N"), members)
            tags.update((tag, *members))
    _members(ET.SubElement(root, "trailer"), TRAILER)
    ET.SubElement(root, "components")
    fields_element = ET.SubElement(root, "fields")
    for tag in sorted(tags):
        _field(fields_element, tag)
    return root


def _message(parent: ET.Element, name: str, msg_type: str, category: str) -> ET.Element:
    return ET.SubElement(parent, "message", name=name, msgtype=msg_type, msgcat=category)


def _members(parent: ET.Element, tags: tuple[int, ...]) -> None:
    for tag in tags:
        ET.SubElement(parent, "field", name=_name(tag), required="N")


def _field(parent: ET.Element, tag: int) -> ET.Element:
    return ET.SubElement(parent, "field", number=str(tag), name=_name(tag), type=_type(tag))


def _child(root: ET.Element, name: str) -> ET.Element:
    child = root.find(name)
    assert child is not None
    return child


def _name(tag: int) -> str:
    return f"Tag{tag}"


def _type(tag: int) -> str:
    if tag in GROUPS:
        return "NUMINGROUP"
    if tag in SEQUENCE_NUMBERS:
        return "SEQNUM"
    return {9: "LENGTH", 93: "LENGTH", 89: "DATA"}.get(tag, "STRING")
