"""The table of keys against a plain dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradeoms.compliance.keytable import KeyTable

#: Few different keys, so that batches repeat them, and some that share their high bits.
KEYS = st.one_of(
    st.integers(0, 60), st.integers(0, 2**62), st.integers(0, 40).map(lambda n: n << 44)
)
BATCHES = st.lists(st.tuples(st.lists(KEYS, max_size=80), st.booleans()), max_size=12)


@given(BATCHES)
def test_every_key_has_the_row_that_a_dictionary_gives_it(
    batches: list[tuple[list[int], bool]],
) -> None:
    table, rows = KeyTable(), dict[int, int]()
    for keys, make in batches:
        if make:
            for key in sorted(set(keys) - rows.keys()):
                rows[key] = len(rows) + 1
        found = table.find(np.array(keys, np.int64), make=make).tolist()
        assert found == [rows.get(key, 0) for key in keys]
    assert table.count == len(rows) + 1


def test_keys_that_do_not_fit_into_their_bucket_are_found_in_the_next_ones() -> None:
    table = KeyTable()
    many = np.arange(200_000, dtype=np.int64)
    bucket = table._hash(many)
    crowd = many[bucket == np.bincount(bucket).argmax()][:40]
    assert len(crowd) == 40
    strangers = many[bucket == bucket[crowd[0]]][40:60]
    rows = table.find(crowd, make=True)
    assert table.find(crowd, make=False).tolist() == rows.tolist() == list(range(1, 41))
    assert table.find(strangers, make=False).tolist() == [0] * len(strangers)
    alone = [table.find(crowd[at : at + 1], make=False).item() for at in range(40)]
    assert alone == list(range(1, 41))
    assert table.find(strangers[:3], make=False).tolist() == [0] * 3


def test_a_table_that_grows_keeps_the_rows_of_its_keys() -> None:
    table = KeyTable()
    many = np.arange(50_000, dtype=np.int64) * 7919
    rows = np.concatenate([table.find(part, make=True) for part in np.array_split(many, 23)])
    assert rows.tolist() == list(range(1, 50_001))
    assert table.find(many[::-1], make=False).tolist() == rows[::-1].tolist()
