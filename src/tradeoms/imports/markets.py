"""Markets (ISO 10383) that have a trading calendar in exchange_calendars, and their segments.

The list stands here because exchange_calendars takes a second to import; a test compares the two.
"""

from __future__ import annotations

from typing import Final

#: MIC to the MIC whose calendar it follows.
SEGMENTS: Final = {
    "ARCX": "XNYS", "BATS": "XNYS", "BATY": "XNYS", "EDGA": "XNYS", "EDGX": "XNYS", "IEXG": "XNYS",
    "XASE": "XNYS", "XNAS": "XNYS", "XNCM": "XNYS", "XNGS": "XNYS", "XNMS": "XNYS",
}  # fmt: skip
CALENDARS: Final = frozenset({
    "AIXK", "ASEX", "BVMF", "IEPA", "XAMS", "XASX", "XBDA", "XBEL", "XBKK", "XBOG", "XBOM", "XBRA",
    "XBRU", "XBSE", "XBUD", "XBUE", "XCBF", "XCSE", "XCYS", "XDUB", "XDUS", "XEEE", "XETR", "XEUR",
    "XFRA", "XHAM", "XHEL", "XHKG", "XICE", "XIDX", "XIST", "XJSE", "XKAR", "XKLS", "XKRX", "XLIM",
    "XLIS", "XLIT", "XLJU", "XLON", "XLUX", "XMAD", "XMEX", "XMIL", "XMOS", "XNYS", "XNZE", "XOSL",
    "XPAR", "XPHS", "XPRA", "XRIS", "XSAU", "XSES", "XSGO", "XSHG", "XSTO", "XSTU", "XSWX", "XTAE",
    "XTAI", "XTAL", "XTKS", "XTSE", "XWAR", "XWBO", "XZAG",
})  # fmt: skip
KNOWN_MICS: Final = CALENDARS | SEGMENTS.keys()
