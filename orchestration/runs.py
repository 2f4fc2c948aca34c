"""Runs of the code location's jobs from this process, recorded in the instance like any other run.

`DAGSTER_HOME` is the market's own folder, so the UI shows what the command line did."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from core.disk import make_folder
from core.errors import Environment, NotReady, OutsideMarket, Permanent
from core.ids import SlotId
from core.settings import ROOT
from orchestration.definitions import build_definitions
from orchestration.jobs import PUBLICATION
from orchestration.partitions import calendar, lanes, partition_of
from orchestration.progress import PROGRESS
from orchestration.stack import Stack

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
STATEMENT_MILLISECONDS = 60_000
RECYCLED_SECONDS = 3_600
MOST_CONNECTIONS = 20
COMMAND = {"ytempire/command": "true"}
"""Tag of the runs that live and die with a command, and not with `ytempire dev`."""


def instance_environment(stack: Stack) -> dict[str, str]:
    """The environment that makes any Dagster process use this market's instance; makes its folder and links dagster.yaml."""
    home: Path = stack.settings.state / "dagster_home"
    home.mkdir(parents=True, exist_ok=True)
    link = home / "dagster.yaml"
    if not link.is_symlink() or link.readlink() != ROOT / "dagster.yaml":
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / "dagster.yaml")
    return {
        "DAGSTER_HOME": str(home),
        "YTEMPIRE_DAGSTER_URL": stack.dagster_url,
        "YTEMPIRE_HOME": str(stack.settings.home.resolve()),
        **({"YTEMPIRE_DATA": str(stack.settings.data.resolve())} if stack.settings.data else {}),
    }


class Runner:
    """Executes jobs in this process on one instance."""

    def __init__(self, stack: Stack, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self._definitions = build_definitions(stack.settings, stack)

    def add_lanes(self, lane_ids: list[str]) -> None:
        """Make lanes known as partitions of the calendar."""
        self.instance.add_dynamic_partitions(str(lanes.name), lane_ids)

    def days_of(self, *asset: str) -> set[date]:
        """The days for which an asset was materialised."""
        return {date.fromisoformat(day) for day in self.instance.get_materialized_partitions(dg.AssetKey(asset))}

    def last_day(self, *asset: str) -> date | None:
        """The latest day for which an asset was materialised."""
        return max(self.days_of(*asset), default=None)

    def row_counts(self, *asset: str) -> dict[str, int]:
        """The whole numbers that an asset's last materialisation reported."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey(asset))
        found = event.asset_materialization.metadata if event is not None and event.asset_materialization is not None else {}
        return {name: value.value for name, value in found.items() if isinstance(value, dg.IntMetadataValue)}

    def days(self, job: str, first: date, last: date) -> None:
        """Run a daily job over a range of days in one run."""
        if first == last:
            self._execute(job, partition_key=first.isoformat())
        else:
            self._execute(job, tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()})

    def model(self, name: str, day: date) -> None:
        """Train one model as of a day and bring the server up to date."""
        self._require_warehouse(day)
        assets = [dg.AssetKey(["model", name, step]) for step in ("dataset", "challenger", "champion")]
        self._execute("training_job", partition_key=day.isoformat(), assets=[*assets, dg.AssetKey("model_server")])

    def slot(self, slot: SlotId) -> None:
        """Run the generation graph of one slot."""
        self._require_warehouse(slot.on - timedelta(days=1))
        self._execute("slot_job", partition_key=partition_of(slot))

    def publish(self, slot: SlotId) -> None:
        """Run the last step of a slot alone, whose film is made."""
        self._execute("slot_job", partition_key=partition_of(slot), assets=[PUBLICATION])

    def _require_warehouse(self, day: date) -> None:
        """Refuse work on a day that is not in the calendar, or before any day's data is in the warehouse."""
        first, last = calendar()
        if not first <= day < last:
            raise OutsideMarket(
                f"{day} is outside the calendar, which reaches from {first} to {last}.", "Choose a day within it."
            )
        if not any(on <= day for on in self.days_of("marts", "fct_video_reading")):
            raise NotReady(f"The warehouse holds no data up to {day} yet.", f"Run that day first: make run DAY={day}.")

    def _execute(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        tags: dict[str, str] | None = None,
        assets: list[dg.AssetKey] | None = None,
    ) -> None:
        try:
            result = self._definitions.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                run_config=PROGRESS,
                partition_key=partition_key,
                tags={**COMMAND, **(tags or {})},
                asset_selection=assets,
                raise_on_error=False,
            )
        except dg.DagsterExecutionInterruptedError:  # Dagster's form of Ctrl-C: between steps it comes out as it is,
            raise KeyboardInterrupt from None
        failures = [event for event in result.all_events if event.is_step_failure]
        if any(_was_interrupted(event) for event in failures):  # and within a step it becomes that step's failure
            raise KeyboardInterrupt
        if not result.success:
            raise RunFailed(job, result.run_id, _sentence(failures[0]) if failures else "it did not start")


class RunFailed(Permanent):
    """A run ended with failed steps. The message is the first failure's own sentence."""

    def __init__(self, job: str, run_id: str, reason: str) -> None:
        super().__init__(reason, f"The run is {run_id} ({job}): `ytempire dev` shows its log.")


def _was_interrupted(failure: dg.DagsterEvent) -> bool:
    error = failure.step_failure_data.error
    return error is not None and error.cls_name in {dg.DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__}


def _sentence(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    step = (event.step_key or "").replace("__", "/")
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return f"{step} failed: {error.message.strip().splitlines()[0] if error else 'no reason was given'}"


@contextmanager
def open_runner(stack: Stack) -> Iterator[Runner]:
    """Open this market's instance and a runner on it, the only one of its time. Raises Environment naming another command.

    Two at once would move the one simulated clock under each other's feet and make the same videos twice."""
    with _alone(stack.settings.state / "run"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's beta notices are for developers; `make check` still shows them
        os.environ.update(instance_environment(stack))
        with dg.DagsterInstance.get() as instance:
            # Keeps its connections open. Else each event, of which a first day has fourteen thousand, opens two of its own.
            instance.optimize_for_webserver(
                statement_timeout=STATEMENT_MILLISECONDS, pool_recycle=RECYCLED_SECONDS, max_overflow=MOST_CONNECTIONS
            )
            _clear_after_the_dead(instance)
            yield Runner(stack, instance)


def _clear_after_the_dead(instance: dg.DagsterInstance) -> None:
    """End what a killed command left: its run, shown as running for ever, and its place in a pool, which the next would wait for.

    The lock is held, so a run of the command line that isn't finished has nobody who works on it."""
    unfinished = dg.RunsFilter(tags=COMMAND, statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(unfinished):
        instance.report_run_failed(run, "The command was killed.")
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock on a market's state. It falls open when its holder dies, so that no command has to clear it away."""
    lock = FileLock(make_folder(folder) / "command.lock", timeout=0)
    holder = folder / "command.pid"  # beside the lock, whose own content is lost when somebody tries it
    try:
        lock.acquire()
    except Timeout:
        pid = holder.read_text() if holder.exists() else "?"
        raise Environment(
            f"Another ytempire command (process {pid}) is at work on {folder.parent}.", "Wait until it is done, or stop it."
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
