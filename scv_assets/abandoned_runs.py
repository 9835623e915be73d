"""What a killed process leaves in Dagster: runs that look as if they went on, and the slots of pools that they held.

Each run is tagged with its process. Once that process is gone its runs are closed as failed and their slots freed; a
slot that nobody frees would let the next run wait for ever.
"""

import os
import socket
from pathlib import Path

import dagster as dg

TAG = "scv/process"
_OPEN = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def process_tag() -> dict[str, str]:
    """Return the tag of the runs of this process: its machine, its number, and when it began, as numbers come again."""
    return {TAG: _mark(os.getpid())}


def close_abandoned(instance: dg.DagsterInstance) -> None:
    """Mark as failed the runs whose process on this machine is gone, and free the slots of all runs that have ended."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_OPEN)):
        if TAG in run.tags and _is_gone(run.tags[TAG]):
            instance.report_run_failed(run, "its process was ended before it finished; the next run goes on from there")
    storage = instance.event_log_storage
    for pool in storage.get_concurrency_keys():
        info = storage.get_concurrency_info(pool)
        for run_id in {*info.active_run_ids, *info.pending_run_ids}:
            run_of_slot = instance.get_run_by_id(run_id)
            if run_of_slot is None or run_of_slot.is_finished:
                storage.free_concurrency_slots_for_run(run_id)


def _is_gone(mark: str) -> bool:
    machine, _, process = mark.rpartition(":")
    return machine == socket.gethostname() and _mark(int(process.partition(".")[0])) != mark


def _mark(process: int) -> str:
    try:
        # proc(5): the start time is the 20th field after the name, which is in brackets and may hold blanks
        began = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        began = "gone"
    return f"{socket.gethostname()}:{process}.{began}"
