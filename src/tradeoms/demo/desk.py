"""The people of the demo at their screens: a small client of our own REST door for each."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, Final

import httpx

from tradeoms.demo.processes import DemoFailed
from tradeoms.kernel.errors import TradeomsError

_WAIT_S: Final = 180.0
_PATIENCE_S: Final = 60.0
#: Status where the engine is not there, is busy, or went away with the question: a key makes asking
#: again safe.
_AWAY: Final = 503

JSON = dict[str, Any]  # Any: JSON as it comes


class Refused(TradeomsError):
    """The door answered with a problem."""

    def __init__(self, status: int, body: JSON) -> None:
        """Keep the status and the problem."""
        self.status = status
        self.body = body
        super().__init__(f"{status} {body.get('code')}: {body.get('detail')} {body.get('errors')}")


class Person:
    """One signed-in person."""

    def __init__(self, address: str, user: str, password: str) -> None:
        """Sign in.

        Raises:
            Refused: If the password is wrong.
        """
        self.user = user
        self._client = httpx.Client(base_url=f"{address}/api/v1", timeout=60.0)
        self._keys = itertools.count(1)
        self._stem = f"{user}-{time.time_ns():x}"
        try:
            answer = self.post("/login", {"username": user, "password": password})
        except (Refused, httpx.HTTPError):
            self.close()
            raise
        self._client.headers["X-CSRF-Token"] = answer["csrf_token"]

    def close(self) -> None:
        """Leave the connection."""
        self._client.close()

    def get(self, path: str, **parameters: str) -> JSON:
        """Read."""
        return self._ask("GET", path, params=parameters)

    def post(self, path: str, body: JSON | None = None, *, key: str = "") -> JSON:
        """Ask for something, once: a call without a ``key`` has an idempotency key of its own."""
        headers = {"Idempotency-Key": key or f"{self._stem}-{next(self._keys)}"}
        return self._ask("POST", path, json=body or {}, headers=headers)

    def patch(self, path: str, body: JSON, *, version: int) -> JSON:
        """Change something, at the version that was seen."""
        headers = {"If-Match": f'"{version}"'}
        return self._ask("PATCH", path, json=body, headers=headers)

    def every(self, path: str, **parameters: str) -> list[JSON]:
        """All pages of a list."""
        rows: list[JSON] = []
        after = ""
        while True:
            more = {"after": after} if after else {}
            page = self.get(path, limit="500", **parameters, **more)
            rows += page["data"]
            if not page["has_more"]:
                return rows
            after = page["next"]

    def _ask(self, method: str, path: str, **rest: Any) -> JSON:  # Any: httpx's own
        """Ask, and ask the same again while the node cannot answer: a process of it came back.

        Raises:
            Refused: If the answer is a problem.
            httpx.TransportError: If nobody answers for a minute.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            late = time.monotonic() > deadline
            try:
                response = self._client.request(method, path, **rest)
            except httpx.TransportError:
                if late:
                    raise
            else:
                body: JSON = response.json() if response.content else {}
                if response.status_code < 400:  # every HTTP error
                    return body
                if late or response.status_code != _AWAY:
                    raise Refused(response.status_code, body)
            time.sleep(0.1)


def wait_for(
    what: str, done: Callable[[], Any], *, within_s: float = _WAIT_S
) -> Any:  # Any: its own
    """Ask again until ``done`` answers with something true, and return that.

    Raises:
        DemoFailed: If it does not in time.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > deadline:
            raise DemoFailed(reason=f"waited {within_s:.0f} s for {what}")
        time.sleep(0.02)
