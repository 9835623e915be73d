"""The jobs: bring the days' extracts in; compute the customer view from all of them; deliver it.

The first two are two because one is partitioned by day and the other sees all days at once: a job of both would compute
the view once a day of a back-fill. Deliveries are a job of their own because they take as long as other people's
servers, and the view waits for nobody.
"""

import dagster as dg

EXTRACT = "extract"
CUSTOMER_VIEW = "customer_view"
DELIVER = "deliver"

#: runs with this tag queue for one another (`tag_concurrency_limits` in dagster.yaml)
VIEW_TAGS = {"scv/view": "all"}

EXTRACTS = dg.AssetSelection.groups("sources")
DELIVERIES = dg.AssetSelection.tag("scv/delivery", "yes")


EXTRACT_JOB = dg.define_asset_job(
    EXTRACT, selection=EXTRACTS, description="Every source's extract of one day (or of a range of days)"
)
CUSTOMER_VIEW_JOB = dg.define_asset_job(
    CUSTOMER_VIEW,
    selection=dg.AssetSelection.all() - EXTRACTS - DELIVERIES,
    description="From the extracts to the published golden profiles and segments; computes what is stale",
    tags=VIEW_TAGS,
)
DELIVER_JOB = dg.define_asset_job(
    DELIVER,
    selection=DELIVERIES,
    description="Every destination brought up to date and sent what is due; sends nothing that is not",
)

JOBS = [EXTRACT_JOB, CUSTOMER_VIEW_JOB]
