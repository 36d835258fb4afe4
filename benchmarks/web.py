"""How the orders page holds 20,000 live orders of which 200 a second change, in headless Chromium.

The server here only plays a stream, so that what is measured is the page: time from the address to
the first rows; frames a second, main-thread tasks longer than 50 ms and CPU time of the main thread
for each way to look at the rows. `web.py 30` then looks at the rows for 30 minutes and tells the
memory that is in use after a collection, each minute.
"""

from __future__ import annotations

import itertools
import json
import random  # noqa: TID251  # seeded, and made here
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "src/tradeoms/web/static"
ROWS = 20_000
UPDATES = 200
FRAMES_A_SECOND = 5
STATUSES = ("released", "working", "partially_filled", "filled")
FUNDS = ("GROWTH", "INDEX", "INCOME", "ETHICAL", "LONGSHORT")
#: Counts frames and long tasks of the next ten seconds.
MEASURE = """() => new Promise((resolve) => {
  const begun = performance.now();
  let frames = 0, long = 0, longest = 0;
  const watch = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      long += duration;
      longest = Math.max(longest, duration);
    }
  });
  watch.observe({ entryTypes: ["longtask"] });
  const frame = () => {
    frames += 1;
    const past = performance.now() - begun;
    if (past < 10000) requestAnimationFrame(frame);
    else {
      watch.disconnect();
      resolve({ fps: frames / past * 1000, long: long / past * 1000, longest });
    }
  };
  requestAnimationFrame(frame);
})"""


def order(number: int, seq: int, dice: random.Random) -> dict[str, Any]:
    """An order as REST shows it, in some state of its day."""
    quantity = 100 * (1 + number % 97)
    filled = dice.randrange(quantity + 1)
    stamp = f"2026-01-05T10:{seq // 60 % 60:02d}:{seq % 60:02d}.000000Z"
    return {
        "id": f"ord_{number:016d}",
        "version": 1,
        "seq": seq,
        "client_order_id": f"c-{number}",
        "status": STATUSES[min(3, 4 * filled // quantity)],
        "side": ("buy", "sell")[number % 2],
        "security": {
            "id": f"sec_{number % 500}",
            "scheme": "ticker_mic",
            "name": "A name",
            "value": f"S{number % 500:03d}.XNAS",
            "currency": "USD",
        },
        "quantity": str(quantity),
        "order_type": "limit",
        "limit_price": f"{20 + number % 400}.25",
        "stop_price": None,
        "time_in_force": "day",
        "expire_on": None,
        "allocations": [
            {"fund": FUNDS[number % 5], "quantity": str(quantity), "booked_quantity": None}
        ],
        "placed_quantity": str(quantity),
        "cum_qty": str(filled),
        "leaves_qty": str(quantity - filled),
        "avg_px": f"{20 + number % 400}.{dice.randrange(100):02d}",
        "block_id": None,
        "portfolio_manager": f"pm{number % 7}",
        "placed_by": "pm1",
        "approved_by": None,
        "trader": f"trader{number % 4}",
        "reason": "",
        "instructions": "",
        "venue": None,
        "cross_with": None,
        "compliance": {
            "outcome": "pass",
            "action": "allow",
            "check_id": "chk_1",
            "waiting_for": [],
        },
        "waiting_for": None,
        "cancel_pending": False,
        "pending_terms": None,
        "created_at": stamp,
        "updated_at": stamp,
    }


def frame(event: str, row: dict[str, Any]) -> bytes:
    """A server-sent event about a row."""
    told = {"topic": "orders", "id": row["id"], "seq": row["seq"], "data": row}
    return f"event: {event}\nid: {row['seq']}\ndata: {json.dumps(told)}\n\n".encode()


def picture(rows: int) -> bytes:
    """The frames of a first picture."""
    dice = random.Random(1)  # noqa: S311  # measuring
    frames = [frame("snapshot", order(number, number, dice)) for number in range(rows)]
    return (
        b"".join(frames) + f'event: snapshot_end\nid: {rows}\ndata: {{"seq":{rows}}}\n\n'.encode()
    )


def changes() -> Iterator[bytes]:
    """Changes of `UPDATES` orders a second for ever."""
    dice, seqs = random.Random(2), itertools.count(ROWS + 1)  # noqa: S311  # measuring
    while True:
        time.sleep(1 / FRAMES_A_SECOND)
        changed = dice.sample(range(ROWS), UPDATES // FRAMES_A_SECOND)
        yield b"".join(frame("upsert", order(number, next(seqs), dice)) for number in changed)


class Door(SimpleHTTPRequestHandler):
    """Serves the pages, a person who is signed in, and the stream."""

    picture = b""

    def __init__(self, *arguments: Any) -> None:
        """Serve the built pages."""
        super().__init__(*arguments, directory=str(STATIC))

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/api/v1/stream"):
            self._follow()
        elif self.path.startswith("/api/v1/"):
            me = {"id": "risk", "name": "Rita", "channel": "web", "csrf_token": "t",
                  "expires_at": "", "grants": [{"role": "risk", "funds": ["*"]}]}  # fmt: skip
            lists = {"data": [], "next": None, "has_more": False}
            self._json(me if self.path.endswith("/me") else lists)
        else:
            super().do_GET()

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _follow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self.wfile.write(self.picture)
            for part in changes():
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            return  # the browser has gone

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def looks(page: Page) -> Iterator[str]:
    """Bring the page into one way of looking after the other."""
    yield "as it comes"
    page.locator(".slick-header-column", has_text="Filled").click()
    yield "sorted by filled"
    page.fill("#filter", "growth OR index")
    yield "sorted and filtered"
    page.fill("#filter", "")
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitem", name="Funds").click()
    yield "sorted and grouped"


class Thread:
    """The main thread of the page: its CPU time, and its memory."""

    def __init__(self, page: Page) -> None:
        """Begin to measure ``page``."""
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return self._read("TaskDuration")

    def heap_mb(self) -> float:
        """Megabytes of JavaScript in use, after a collection."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return self._read("JSHeapUsedSize") / 2**20

    def _read(self, name: str) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == name))


def watch(page: Page, thread: Thread, minutes: int) -> Iterator[dict[str, Any]]:
    """Tell the memory each minute."""
    for minute in range(minutes + 1):
        yield {"figure": f"page after {minute} min", "heap_mb": round(thread.heap_mb(), 1)}
        if minute < minutes:
            page.wait_for_timeout(60_000)


def run(minutes: int = 0) -> list[dict[str, Any]]:  # Any: text and numbers, a table or JSON
    """Open the page and look at the rows in each way for ten seconds."""
    Door.picture = picture(ROWS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found: list[dict[str, Any]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1500, "height": 850})
        begun = time.monotonic()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.locator(".slick-row").first.wait_for(timeout=60_000)
        opened = time.monotonic() - begun
        thread = Thread(page)
        for look in looks(page):
            page.wait_for_timeout(2000)
            before = thread.cpu_s()
            told = page.evaluate(MEASURE)
            cpu = thread.cpu_s() - before
            found.append(
                {
                    "figure": f"page {look}",
                    "fps": round(told["fps"], 1),
                    "long_ms_per_s": round(told["long"]),
                    "longest_ms": round(told["longest"]),
                    "cpu_ms_per_s": round(cpu * 100),
                    "open_s": round(opened, 2),
                }
            )
        found += list(watch(page, thread, minutes)) if minutes else []
        browser.close()
    server.shutdown()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]) if sys.argv[1:] else 0), indent=2) + "\n")
