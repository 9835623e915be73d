"""custmatch, which works from labels: 300 pairs at random and 200 that it asks for, answered by the truth.

with_custmatch.py TABLE ROLES TRUTH OUT MODE    (mode: how many labels in all)
"""

import csv
import json
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from custmatch import labels, pipeline

from benchmarks.peers.hand_in import hand_in

FIELDS = {"first_name": "first_name", "last_name": "last_name", "birth_on": "date_of_birth"}
FIELDS |= {"email": "email", "phone": "phone"}
#: What custmatch has no column for is compared as it is and helps to block.
EXTRA = {"postcode": "similarity", "city": "similarity", "account_id": "edit"}
RANDOM_SHARE = 0.6
BATCH = 100


def main(table: str, roles: str, truth: str, out: str, mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    with Path(truth).open(newline="", encoding="utf-8") as file:
        entities = [row["entity"] for row in csv.DictReader(file)]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        config = configured(Path(folder), table, json.loads(Path(roles).read_text(encoding="utf-8")))
        answered = labelled(Path(folder), config, entities, int(mode))
        pipeline.run(str(config), str(answered), f"{folder}/out")
        found = pd.read_csv(f"{folder}/out/clusters.csv", dtype=str, keep_default_na=False)
    cluster = dict(zip(found["record_id"].astype(int), found["customer_id"], strict=True))
    hand_in(out, [cluster[row] for row in range(len(entities))], start)


def configured(folder: Path, table: str, roles: dict[str, str]) -> Path:
    """Write the table with a number a row, and the configuration that says which column is what."""
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.insert(0, "row", range(len(rows)))
    if "birth_on" in roles:
        rows[roles["birth_on"]] = rows[roles["birth_on"]].str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
    columns = {"record_id": "row", **{FIELDS[role]: column for role, column in roles.items() if role in FIELDS}}
    if "street" in roles:
        number = rows[roles["house_number"]] + " " if "house_number" in roles else ""
        rows["whole_street"] = (number + rows[roles["street"]]).str.strip()
        columns["address"] = "whole_street"
    extra = [role for role in EXTRA if role in roles]
    columns |= {role: roles[role] for role in extra}
    rows.to_csv(folder / "rows.csv", index=False)
    blocked = [[role] if role == "account_id" else ["last_name", role] for role in extra]
    settings = {
        "sources": [{"name": "file", "path": "rows.csv", "columns": columns}],
        "extra_fields": [{"name": role, "compare": EXTRA[role]} for role in extra],
        "extra_blocking": [*blocked, ["date_of_birth"]],
    }
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder / "config.json"


def labelled(folder: Path, config: Path, entities: list[str], count: int) -> Path:
    """Return the labels: some at random, then what it asks for in batches, each answered by the truth."""
    answered, asked = folder / "labels.csv", folder / "asked.csv"
    labels.sample(str(config), int(count * RANDOM_SHARE), str(answered))
    table = answer(answered, entities)
    table.to_csv(answered, index=False)
    while len(table) < count:
        if not labels.sample_active(str(config), str(answered), min(BATCH, count - len(table)), str(asked)):
            break
        table = pd.concat([table, answer(asked, entities)])
        table.to_csv(answered, index=False)
    return answered


def answer(file: Path, entities: list[str]) -> pd.DataFrame:
    """Return the asked pairs with their label: 1 one person, 0 two."""
    pairs = pd.read_csv(file, dtype=str)
    sides = [[entities[int(key.rsplit(":", 1)[1])] for key in pairs[side]] for side in ("a", "b")]
    return pairs.assign(label=[int(one == other) for one, other in zip(*sides, strict=True)])


if __name__ == "__main__":
    main(*sys.argv[1:])
