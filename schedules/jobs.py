"""The two jobs: bring the days' extracts in; compute the customer view from all of them.

They are two because one is partitioned by day and the other sees all days at once: a job of both would compute the
view once a day of a back-fill.
"""

import dagster as dg

EXTRACT = "extract"
CUSTOMER_VIEW = "customer_view"

#: runs with this tag queue for one another (`tag_concurrency_limits` in dagster.yaml)
VIEW_TAGS = {"scv/view": "all"}

EXTRACTS = dg.AssetSelection.groups("sources")


EXTRACT_JOB = dg.define_asset_job(
    EXTRACT, selection=EXTRACTS, description="Every source's extract of one day (or of a range of days)"
)
CUSTOMER_VIEW_JOB = dg.define_asset_job(
    CUSTOMER_VIEW,
    selection=dg.AssetSelection.all() - EXTRACTS,
    description="From the extracts to the published golden profiles and segments; computes what is stale",
    tags=VIEW_TAGS,
)
JOBS = [EXTRACT_JOB, CUSTOMER_VIEW_JOB]
