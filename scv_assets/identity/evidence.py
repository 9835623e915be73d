"""The evidence of a pair as JSON: a list of {comparison, level, bits}, which add up to the match weight.

A pair's list is put together from texts that many pairs have in common, so JSON is written once a distinct entry.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection

from scv_assets.array_parts import in_parts
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.distinct_numbers import combined, numbered
from scv_assets.identity.matching import Matching
from scv_assets.identity.policy import Policy
from scv_assets.identity.scoring import PRIOR, RIVALS, RULE, evidence_names, prior_bits

IDENTIFIER, STEWARDS_WORD = "identifier", "steward"

_NO_BITS = 0.0005

Places = npt.NDArray[np.intp]


def evidence(
    con: Connection, policy: Policy, matching: Matching, which: Places, verdicts: pa.Array
) -> pa.DictionaryArray:
    """Return the evidence of some weighed pairs; `verdicts`: the steward's word of each, null where there is none."""
    row, spaces = matching.weighed.scores.row[which], shared_namespaces(matching)[which]
    told = verdicts.dictionary_encode()
    words = told.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
    sizes = int(row.max(initial=0)) + 1, 1 << len(matching.sharing.names), 4
    keys, places = numbered(combined(zip((row, spaces, words), sizes, strict=True)))
    example = np.empty(len(keys), dtype=np.intp)
    example[places] = np.arange(len(places))
    entries = _of_model(con, policy, matching, which[example])
    none = np.zeros(len(example))
    shared = named_namespaces(matching, spaces[example])
    entries.insert(-1, _entries(con, IDENTIFIER, shared.dictionary.to_pylist(), shared.indices.to_numpy(), none))
    entries.insert(-1, _entries(con, STEWARDS_WORD, [None, *told.dictionary.to_pylist()], words[example], none))
    texts = in_parts(_listed, pa.StructArray.from_arrays(entries, [str(place) for place in range(len(entries))]))
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), texts)


def _listed(entries: pa.StructArray) -> pa.StringArray:
    """Return each row's entries, a field each, as one list; empty where a row has none."""
    texts = [entry.dictionary_decode() for entry in entries.flatten()]
    joined = pc.binary_join_element_wise("", *texts, ",", null_handling="skip")  # rows of nulls alone would be left out
    return pc.binary_join_element_wise("[", pc.ascii_ltrim(joined, ","), "]", "")


def _of_model(con: Connection, policy: Policy, matching: Matching, which: Places) -> list[pa.DictionaryArray]:
    """Return the entries of comparisons, lookalikes, rivals, rules and, last, the prior."""
    plan, scores = matching.plan, matching.weighed.scores
    bits, codes = scores.bits(which).astype(np.float64), scores.take(which).levels
    names, width = evidence_names(plan), len(plan.comparisons)
    entries = []
    for place, comparison in enumerate(plan.comparisons):
        levels = [None, *comparison.level_names[1:]]
        entries.append(_entries(con, names[place], levels, codes[:, place], bits[:, place]))
    for place in range(width, width + len(plan.lookalikes)):
        is_like = np.abs(bits[:, place]) > _NO_BITS
        entries.append(_entries(con, names[place], [None, "like"], is_like, bits[:, place]))
    entries.append(_rivals(con, matching, scores.rival(which), bits[:, names.index(RIVALS)]))
    entries.append(_rules(con, policy, scores.rows.forbidden_by[scores.row[which]], bits[:, -1]))
    has_prior = ~np.isnan(scores.rows.weight[scores.row[which]])
    prior = np.full(len(which), prior_bits(matching.model))
    return [*entries, _entries(con, PRIOR, [None, "prior"], has_prior, prior)]


def _entries(
    con: Connection, name: str, levels: list[str | None], codes: npt.NDArray[np.generic], bits: npt.NDArray[np.float64]
) -> pa.DictionaryArray:
    """Return the JSON of each pair's entry; null where its level is."""
    thousandths = np.copysign(np.floor(np.abs(bits) * 1000 + 0.5), bits).astype(np.int64)
    keys = thousandths * np.int64(len(levels)) + codes.astype(np.int64)
    distinct, places = numbered(keys - keys.min(initial=0))
    example = np.empty(len(distinct), dtype=np.intp)
    example[places] = np.arange(len(keys))
    level = pa.array(levels, pa.string()).take(pa.array(codes[example].astype(np.int64)))
    rounded = thousandths[example] / 1000  # without sign where it is nothing
    entries = pa.table({"level": level, "bits": rounded, "place": np.arange(len(level))})
    written = con.sql(
        """
        SELECT CASE WHEN level IS NOT NULL
               THEN to_json({'comparison': $name, 'level': level, 'bits': bits})::VARCHAR END AS text
        FROM entries ORDER BY place
        """,
        params={"name": name},
    ).to_arrow_table()
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), written["text"].combine_chunks())


def _rivals(con: Connection, matching: Matching, rival: Numbers, bits: npt.NDArray[np.float64]) -> pa.DictionaryArray:
    """Return the entries of what rivals say; the level is the rival's source:key."""
    records, codes = np.unique(np.append(rival, -1), return_inverse=True)
    named = matching.records.keys.take(pa.array(records[1:]))
    names = pc.binary_join_element_wise(named["source"], named["source_key"], ":").to_pylist()
    return _entries(con, RIVALS, [None, *names], codes[:-1], bits)


def _rules(
    con: Connection, policy: Policy, forbidden_by: npt.NDArray[np.int16], penalty: npt.NDArray[np.float64]
) -> pa.DictionaryArray:
    names = [None, *(rule.name for rule in policy.negative_rules), "weighs"]
    codes = np.where(forbidden_by >= 0, forbidden_by + 1, np.where(penalty != 0, len(names) - 1, 0))
    return _entries(con, RULE, names, codes, penalty)


def shared_namespaces(matching: Matching) -> Numbers:
    """Return a bit for each namespace of the values that each weighed pair shares and that may link."""
    sharing, count = matching.sharing, matching.records.count
    place = np.searchsorted(matching.weighed.pairs.keys(count), sharing.pairs.keys(count))
    spaces = np.zeros(len(matching.weighed.pairs), dtype=np.int64)
    np.bitwise_or.at(spaces, place[sharing.pair], np.int64(1) << sharing.namespace.astype(np.int64))
    return spaces


def named_namespaces(matching: Matching, spaces: Numbers) -> pa.DictionaryArray:
    """Return the names behind `shared_namespaces`, a blank between; null where there is none."""
    codes, back = np.unique(spaces, return_inverse=True)
    names = [" ".join(n for bit, n in enumerate(matching.sharing.names) if code >> bit & 1) or None for code in codes]
    return pa.DictionaryArray.from_arrays(pa.array(back), pa.array(names, pa.string()))
