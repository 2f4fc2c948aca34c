"""A day goes on when a slot fails: the others are made, the failed one is named, and the command ends with 1."""

from __future__ import annotations

import io
from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from core.errors import NotReady
from core.ids import LaneId, SlotId
from orchestration import day as whole_day
from orchestration import runs
from orchestration.cli import main
from orchestration.day import Timings, make_videos
from orchestration.runs import RunFailed, Runner
from orchestration.summary import show

EVENING, NOON, NIGHT = (SlotId(date(2026, 6, 9), LaneId(f"pixel-pulse.{name}")) for name in ("evening", "noon", "night"))
SENTENCE = "The voice answered 500. [/red] Try again later."
SUMMARY: dict[str, Any] = {
    "day": "2026-06-08",
    "market": "synthetic",
    "sources": [],
    "warehouse": {"models": 1, "tests": 1, "tests_passed": 1},
    "features": {},
    "models": [],
    "videos": [],
    "failed": {},
    "seconds": {"Services": 1.0},
}


class Slots(Runner):
    """Runs slots that end as they are told to."""

    def __init__(self, ends: dict[SlotId, BaseException]) -> None:
        self.ends, self.made = ends, list[SlotId]()

    def slot(self, slot: SlotId) -> None:
        if slot in self.ends:
            raise self.ends[slot]
        self.made.append(slot)


def test_the_slots_after_a_failed_one_are_made() -> None:
    runner, timings = Slots({NOON: RunFailed("slot_job", "5f0c", SENTENCE)}), Timings()
    failed = make_videos(runner, [EVENING, NOON, NIGHT], timings)
    assert runner.made == [EVENING, NIGHT]
    assert list(failed) == [NOON]
    assert failed[NOON].startswith(SENTENCE)
    assert set(timings.seconds) == {f"Video for {slot}" for slot in (EVENING, NOON, NIGHT)}


@pytest.mark.parametrize("error", [NotReady("The warehouse holds no data yet."), KeyboardInterrupt()], ids=["day", "Ctrl-C"])
def test_what_concerns_the_day_ends_it(error: BaseException) -> None:
    runner = Slots({NOON: error})
    with pytest.raises(type(error)):
        make_videos(runner, [EVENING, NOON, NIGHT], Timings())
    assert runner.made == [EVENING]


def test_the_summary_names_a_failed_slot_and_how_to_try_again() -> None:
    console = Console(file=io.StringIO(), width=200)
    show({**SUMMARY, "failed": {str(NOON): SENTENCE}}, console)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert f"{NOON} failed: {SENTENCE}" in said
    assert "Next       make run DAY=2026-06-08" in said
    show(SUMMARY, console)
    assert "failed" not in console.file.getvalue().removeprefix(said)


@pytest.mark.parametrize(("failed", "code"), [({}, 0), ({str(NOON): SENTENCE}, 1)], ids=["made", "failed"])
def test_the_command_ends_with_1_where_a_slot_failed(
    failed: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(whole_day, "run_day", lambda *_: {**SUMMARY, "failed": failed})
    with pytest.raises(SystemExit) as ended:
        main(["run", "--day", "2026-06-08"])
    assert ended.value.code == code
    assert ("failed" in capsys.readouterr().out) == bool(failed)


def test_the_video_command_makes_every_lane_and_ends_with_1_where_one_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = Slots({EVENING: RunFailed("slot_job", "5f0c", SENTENCE)})
    monkeypatch.setattr(whole_day, "lanes_of", lambda *_: [EVENING, NOON])
    monkeypatch.setattr(runs, "open_runner", lambda _: nullcontext(runner))
    for code in (1, 0):
        with pytest.raises(SystemExit) as ended:
            main(["video", "pixel-pulse", "--day", "2026-06-09"])
        assert ended.value.code == code
        runner.ends.clear()
    assert runner.made == [NOON, EVENING, NOON]
