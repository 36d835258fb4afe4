"""The two people who release a FIX session that has halted, as `docs/operating.md` tells them to.

A counterparty that has lost count halts its session until somebody agrees on a number with it. In a
campaign of kills nobody is on the telephone: these two take the number that the counterparty sent,
and begin far enough below it that everything it ever reported comes again. Where it asks for a
number of ours that we have not reached, they set that one. In the evening they have everything
repeated where executions are missing, which a false SequenceReset jumped over.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping

import httpx

from tradeoms.demo.desk import JSON, Person, Refused

#: So many of the counterparty's messages are asked for again.
_BACK = 2_000
_EVERY_S = 2.0
#: A repetition of a whole day takes its time: the next is asked for so much later.
_REPEAT_S = 600.0
_RECEIVED = re.compile(r"^MsgSeqNum too low.*received (\d+)")
_ASKED = re.compile(r"^the counterparty said: .*expecting (\d+)")


class Operators(threading.Thread):
    """Looks at the sessions every two seconds until it is ended."""

    def __init__(self, address: str, passwords: Mapping[str, str]) -> None:
        """Nobody is signed in yet."""
        super().__init__(daemon=True)
        self.released = 0
        self.repeated = 0
        #: In the evening: the sessions were up and nothing was missing at the last look.
        self.complete = False
        self._address = address
        self._passwords = passwords
        self._ended = threading.Event()
        self._evening = threading.Event()
        self._asked_at: dict[str, float] = {}
        self._people: dict[str, Person] = {}

    def run(self) -> None:
        """Look until the end; a node that is down is looked at later."""
        while not self._ended.wait(_EVERY_S):
            try:
                self._look()
            except (Refused, httpx.HTTPError):
                self._leave()
        self._leave()

    def begin_evening(self) -> None:
        """From now on also see to it that no execution is missing."""
        self._evening.set()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()

    def _look(self) -> None:
        states = self._person("ops.oscar").get("/fix/sessions")["data"]
        for state in states:
            if state["halted"]:
                self._release(state)
        ready = all(state["ready"] for state in states)
        if self._evening.is_set() and ready:
            missing = self._missing()
            self.complete = not missing
            for session in {each["session"] for each in missing}:
                self._have_repeated(session)

    def _missing(self) -> list[JSON]:
        """Open breaks about executions that a later report counts and that never came."""
        return self._person("ops.oscar").every("/breaks", status="open", kind="cum_qty_mismatch")

    def _have_repeated(self, session: str) -> None:
        """Have the counterparty repeat all it ever sent; what came is not booked again."""
        if time.monotonic() < self._asked_at.get(session, -_REPEAT_S) + _REPEAT_S:
            return
        wanted = {"number": 1, "reason": "executions are missing"}
        self._person("ops.oscar").post(f"/fix/sessions/{session}/request-resend", wanted)
        self._asked_at[session] = time.monotonic()
        self.repeated += 1

    def _release(self, state: JSON) -> None:
        """Set the number, by two people, and log on."""
        session = f"/fix/sessions/{state['session']}"
        asked, told = _ASKED.search(state["halted"]), _RECEIVED.search(state["halted"])
        if asked is not None and int(asked[1]) > state["next_out"]:
            self._set(state, "out", int(asked[1]))
        elif told is not None:
            self._set(state, "in", max(1, int(told[1]) - _BACK))
        self._person("ops.oscar").post(f"{session}/logon", {"reason": "go on"})
        self.released += 1

    def _set(self, state: JSON, direction: str, number: int) -> None:
        wanted = {"direction": direction, "number": number, "reason": state["halted"][:100]}
        session = f"/fix/sessions/{state['session']}"
        asked = self._person("ops.oscar").post(f"{session}/set-sequence", wanted)
        approval = f"/fix/actions/{asked['id']}/approve"
        self._person("risk.rita").post(approval, {"reason": "agreed with the counterparty"})

    def _person(self, name: str) -> Person:
        if name not in self._people:
            self._people[name] = Person(self._address, name, self._passwords[name])
        return self._people[name]

    def _leave(self) -> None:
        for person in self._people.values():
            person.close()
        self._people.clear()
