"""The rows of a company's sources as the readers deliver them, without those that the truth calls bad."""

import pandas as pd
import pyarrow as pa

from scv_assets.home import Home
from scv_assets.sources.deliveries import deliveries
from scv_assets.sources.extraction import extract
from tests.demo_company.company import Company

#: The columns of which the first that is not empty is the key of the person record, and the key that a bad row has.
PERSON_KEY: dict[str, tuple[str, ...]] = {
    "erp": ("customer_no",),
    "crm": ("contact_id",),
    "pos": ("loyalty_card",),
    "web": ("account_id", "cookie_id"),
    "app": ("app_user_id", "device_id"),
    "ecommerce": ("no_client",),
    "service": ("customer_ref",),
    "call_centre": ("no_appel",),
    "messaging": ("id_destinataire",),
    "social": ("id_lead",),
    "loyalty": ("carte",),
    "legacy": ("NUMCLI",),
    "warehouse": ("client_key",),
    "rcu": ("id_rcu",),
}
BAD_KEY = {"erp": "order_no", "warehouse": "order_ref"}


def delivered(home: Home, source: str) -> pd.DataFrame:
    """Return every row of a source as text, with `_day`."""
    contract = home.contracts[source]
    tables = []
    for delivery in deliveries(home, contract):
        table = extract(home, contract, delivery)
        tables.append(table.append_column("_day", pa.array([delivery.day] * table.num_rows, pa.date32())))
    rows: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return rows


def good(company: Company, home: Home, source: str) -> pd.DataFrame:
    """Return a source's rows without the bad ones."""
    rows, bad = delivered(home, source), company.bad_rows(source)
    if source in BAD_KEY:
        return rows[~rows[BAD_KEY[source]].isin(bad["key"])]
    spoilt = set(zip(bad["file"], bad["row_number"].astype(int), strict=True))
    return rows[[place not in spoilt for place in zip(rows["_file"], rows["_row_number"], strict=True)]]


def person_key(rows: pd.DataFrame, source: str) -> pd.Series:
    """Return the key of the person record that each row gives, null where it gives none."""
    key: pd.Series = rows[PERSON_KEY[source][0]]
    for column in PERSON_KEY[source][1:]:
        key = key.where(key.notna() & (key != ""), rows[column])
    return key[key.notna() & (key != "")]
