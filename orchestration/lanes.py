"""`ytempire lanes`: the calendar's daily places, shown and changed."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from core.errors import InvalidInput, Refused
from core.settings import Market
from generation.planning.lanes import Lanes
from orchestration.connecting import film_obstacle

if TYPE_CHECKING:
    from orchestration.stack import Stack

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def local_time(written: str) -> time:
    """A time of day as people write it. Raises InvalidInput for anything but hours and minutes."""
    match = _TIME.fullmatch(written.strip())
    if match is None:
        raise InvalidInput(f"{written!r} is not a time of day.", "Write it as 18:00, in the channel's time zone.")
    return time(int(match[1]), int(match[2]))


def show_lanes(stack: Stack, console: Console) -> None:
    """Print every lane, when it publishes, and whether it is on."""
    lanes = _lanes(stack).all()
    if not lanes:
        console.print("There is no lane: no channel is connected.\nNext       ytempire connect")
        return
    is_live = stack.settings.market is Market.LIVE
    table = Table(*(Column(name, no_wrap=True) for name in ("lane", "publishes at", "time zone", "low scores", "")), box=None)
    for lane in lanes:
        state = "[green]on[/]" if lane.is_active else "[dim]off[/]"
        asks = "go out" if lane.publishes_unreviewed and not is_live else "wait"
        table.add_row(escape(lane.lane_id), f"{lane.publish_local_time:%H:%M}", escape(lane.timezone), asks, state)
    console.print(table)
    if not any(lane.is_active for lane in lanes):
        console.print(f"No lane is on, so no video is made.\nNext       ytempire lanes on {escape(lanes[0].lane_id)}")


def add_lane(stack: Stack, console: Console, name: str, written: str) -> None:
    """Add a lane; it begins switched off."""
    at = local_time(written)
    lane = escape(_lanes(stack).add(name, at, stack.present))
    console.print(f"[green]Added[/]      {lane} at {at:%H:%M}, off\nNext       ytempire lanes on {lane}")


def switch_lane(stack: Stack, console: Console, name: str, *, on: bool) -> None:
    """Switch a lane on or off."""
    changed = _lanes(stack).switch(name, on=on, now=stack.present)
    state = "on" if on else "off"
    console.print(f"[green]Switched {state}[/] {escape(name)}" if changed else f"{escape(name)} is {state} already.")
    if on:
        account = stack.accounts.account(name.rpartition(".")[0])
        if obstacle := film_obstacle(stack, account.handle, account.language):
            console.print(f"[yellow]![/] {escape(obstacle)}", soft_wrap=True)
        console.print("Next       ytempire run   data, models, and this lane's next video")


def review_lane(stack: Stack, console: Console, name: str, *, by_person: bool) -> None:
    """Have a lane's films that score too low to go out by themselves wait for a person, or not.

    Raises Refused in the live market, where no setting takes a person's place."""
    if not by_person and stack.settings.market is Market.LIVE:
        raise Refused(
            "In the live market, films that score too low to go out by themselves always wait for a person.",
            "Look at them: ytempire review list",
        )
    changed = _lanes(stack).review(name, by_person=by_person, now=stack.present)
    does = "wait for a person" if by_person else "go out by themselves"
    told = f"[green]Changed[/]    films of {escape(name)} with a low score {does}"
    console.print(told if changed else f"Films of {escape(name)} with a low score {does} already.")


def move_lane(stack: Stack, console: Console, name: str, written: str) -> None:
    """Have a lane publish at another local time, from the next video that is made."""
    at = local_time(written)
    changed = _lanes(stack).move(name, at, stack.present)
    console.print(
        f"[green]Moved[/]      {escape(name)} to {at:%H:%M}; videos that were made keep their moment"
        if changed
        else f"{escape(name)} publishes at {at:%H:%M} already."
    )


def _lanes(stack: Stack) -> Lanes:
    _ = stack.accounts  # the lanes of the channels that the settings or the simulator give are made with them
    return Lanes(stack.engine)
