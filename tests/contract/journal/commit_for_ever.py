"""The program that `test_crash` kills: it commits batches and says each one once it is durable."""

from __future__ import annotations

import itertools
import random
import sys

from tests.contract.journal.book import batch_of
from tradeoms.journal.store import Writer, open_engine
from tradeoms.journal.tables import watermarks


def main(url: str, epoch: int, seed: int) -> None:
    """Commit batches of one to forty events, each with the row that says where it ends."""
    dice = random.Random(seed)
    writer = Writer(open_engine(url), epoch=epoch)
    for turn in itertools.count():
        first = writer.head.seq + 1
        last = first + dice.randrange(40)
        batch = batch_of(*range(first, last + 1))
        batch.upsert(watermarks, ("end", 0, last))
        batch.insert(watermarks, ("batch", last, turn))
        head = writer.commit(batch)
        sys.stdout.write(f"{head.seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
