"""The fourteen sources: how each of them hears of people and in which format it tells.

A channel module has `open_feed(inbox, period, truth)` and `emit(chunk, feed)`; it sees the chunk's people and what they
did, and no other channel.
"""

from collections.abc import Mapping
from types import ModuleType

from demo_company.channels import (
    app,
    call_centre,
    crm,
    ecommerce,
    erp,
    legacy,
    loyalty,
    messaging,
    pos,
    rcu,
    service,
    social,
    warehouse,
    web,
)

CHANNELS: Mapping[str, ModuleType] = {
    "erp": erp,
    "crm": crm,
    "pos": pos,
    "web": web,
    "app": app,
    "ecommerce": ecommerce,
    "service": service,
    "call_centre": call_centre,
    "messaging": messaging,
    "social": social,
    "loyalty": loyalty,
    "legacy": legacy,
    "warehouse": warehouse,
    "rcu": rcu,
}
