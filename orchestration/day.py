"""One whole calendar day, as `ytempire run` does it: what is missing of the data, then models, then tomorrow's videos.

Everything here is idempotent: a day that was already done is checked and summed up, not paid for again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rich.markup import escape
from sqlalchemy import text

from core.disk import make_folder
from core.errors import Environment, NotReady, OutsideMarket, UnknownName
from core.ids import LaneId, SlotId
from core.settings import Market
from generation.planning.lanes import Lanes
from orchestration.partitions import calendar
from orchestration.progress import CONSOLE
from orchestration.runs import RunFailed, Runner, open_runner
from orchestration.stack import Stack
from orchestration.summary import store, summarise

MODELS_AGE = timedelta(days=7)
"""Models are trained anew when the champion's as-of day is this old."""

NEEDED_DISK_MB = 2_000


@dataclass
class Timings:
    """Wall seconds of each stage of the day, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announce a stage and measure it."""
        CONSOLE.print(f"[bold]{name}[/]")
        begin = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begin
        CONSOLE.print(f"  [dim]{self.seconds[name]:.1f} s[/]")


def run_day(stack: Stack, day: date) -> dict[str, Any]:
    """Run one calendar day and return its summary (see `orchestration.summary`), which names the slots that failed.

    Raises YtempireError with a way out where the day's data or models fail: without them no video is made."""
    timings = Timings()
    with timings.stage("Services"):
        check_disk(stack)
        check_choices(stack)
        check_market(stack, day)
        _, engine = stack.redis_url, stack.engine  # in this order: without Redis, no database is made
        lanes = connect_channels(stack)
    with open_runner(stack) as runner:
        runner.add_lanes([str(lane) for lane in lanes])
        # Done is what reached the last asset of the day: an interrupted run leaves landings of some sources and not of others.
        done = runner.days_of("feature_store", "online")
        first = first_missing_day(done, day, stack.settings.history_days, market_days(stack)[0])
        with timings.stage(f"Data of {first} to {day}" if first < day else f"Data of {day}"):
            runner.days("daily_job", first, day)
        trained = [runner.last_day("model", model, "champion") for model in ("trend", "quality", "ctr")]
        if any(on is None or day - on >= MODELS_AGE for on in trained):
            with timings.stage("Models"):
                runner.days("training_job", day, day)
        slots = [SlotId(day + timedelta(days=1), lane) for lane in lanes]
        failed = take_up(stack, runner, timings) | make_videos(runner, slots, timings)
        summary = summarise(stack, runner, day, slots, failed, timings.seconds)
    store(engine, summary)
    return summary


def make_videos(runner: Runner, slots: Iterable[SlotId], timings: Timings) -> dict[SlotId, str]:
    """Run the generation graph of each slot. One that fails ends itself alone: returned with its sentence, in order."""
    return _each(slots, "Video for", runner.slot, timings)


def take_up(stack: Stack, runner: Runner, timings: Timings) -> dict[SlotId, str]:
    """Publish what was deferred and waits no longer, as the sensor of the daemon does. Failures as in `make_videos`."""
    from generation.outbox import PostgresOutbox

    due = PostgresOutbox(stack.engine, stack.clock).due(stack.present)
    return _each((slot for slot, _ in due), "Deferred upload of", runner.publish, timings)


def _each(slots: Iterable[SlotId], what: str, work: Callable[[SlotId], None], timings: Timings) -> dict[SlotId, str]:
    failed = {}
    for slot in slots:
        with timings.stage(f"{what} {slot}"):
            try:
                work(slot)
            except RunFailed as error:
                failed[slot] = str(error)
                CONSOLE.print(f"  [red]{escape(str(slot))} failed:[/] {escape(str(error))}")
    return failed


def check_disk(stack: Stack) -> None:
    """Refuse to begin a day that the disk cannot hold."""
    make_folder(stack.settings.home)
    free_mb = shutil.disk_usage(stack.settings.home).free // 1_000_000
    if free_mb < NEEDED_DISK_MB:
        raise Environment(
            f"{free_mb} MB are free under {stack.settings.home}, and a day needs {NEEDED_DISK_MB} MB.",
            "Free some space, or point YTEMPIRE_HOME at a larger disk.",
        )


def check_choices(stack: Stack) -> None:
    """Refuse a model or a price table that nobody knows, before the day's work and not in the middle of it."""
    from connectors.youtube.quota import quota_profile

    _ = stack.language, quota_profile(stack.settings.youtube_quota_profile)


def market_days(stack: Stack) -> tuple[date, date]:
    """First and last day that can be ingested: in the live market today alone, whose charts can only be read while they stand.

    In a simulated one, a day must be in the calendar too, and so must the next, for which the videos are made."""
    if stack.settings.market is Market.LIVE:
        today = stack.clock.now().date()
        return today, today
    first, last = stack.simulator.range()
    opens, closes = calendar()
    return max(first, opens), min(last or date.max, closes - timedelta(days=1))


def check_market(stack: Stack, day: date) -> None:
    """Refuse a day outside the market's data, before anything is written."""
    first, last = market_days(stack)
    if not first <= day <= last:
        raise OutsideMarket(
            f"{day} is outside the {stack.settings.market.value} market, which has data from {first} to {last}.",
            "Choose a day within it: make run DAY=YYYY-MM-DD.",
        )


def connect_channels(stack: Stack) -> list[LaneId]:
    """See that the channels which settings or the simulator give are connected; returns the active lanes of the calendar."""
    _ = stack.accounts
    return sorted(lane.lane_id for lane in Lanes(stack.engine).all() if lane.is_active)


def first_missing_day(done: set[date], day: date, history_days: int, market_first: date) -> date:
    """The first day up to `day` that is not done, looking back `history_days`; `day` itself when none is missing."""
    earliest = max(day - timedelta(days=history_days), market_first)
    days = (earliest + timedelta(days=n) for n in range((day - earliest).days + 1))
    return next((on for on in days if on not in done), day)


def lanes_of(stack: Stack, handle: str, on: date) -> list[SlotId]:
    """The slots of a channel's active lanes on a day. Raises UnknownName for a channel that is not connected."""
    if stack.settings.market is not Market.LIVE:  # where videos are also made for later days
        check_market(stack, on - timedelta(days=1))
    connect_channels(stack)
    with stack.engine.connect() as connection:
        handles = list(connection.execute(text("select handle from ops.channels order by handle")).scalars())
    slots = [SlotId(on, lane.lane_id) for lane in Lanes(stack.engine).all() if lane.is_active and lane.handle == handle]
    if handle not in handles:
        raise UnknownName(f"There is no channel {handle!r}.", f"The channels are {', '.join(handles) or 'none yet'}.")
    if not slots:
        raise NotReady(
            f"Channel {handle} has no active lane.", "`ytempire lanes list` shows them; `ytempire lanes on LANE` switches one on."
        )
    return slots
