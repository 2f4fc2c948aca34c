"""The calendar is kept by commands: lanes are listed, added, switched and moved, and each change is in the audit log."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import text

from core.errors import InvalidInput, NotReady, Refused, UnknownName
from orchestration.connecting import disconnect_channel
from orchestration.day import connect_channels, lanes_of
from orchestration.lanes import add_lane, local_time, move_lane, review_lane, show_lanes, switch_lane
from tests.integration.accounts.conftest import Scene
from tests.integration.ingestion.conftest import DAY

pytestmark = pytest.mark.postgres

DAWN = "pixel-pulse.dawn"


def audited(scene: Scene) -> list[tuple[str, str, dict[str, str]]]:
    query = "select action, subject, detail from ops.audit_log where action like 'lane.%' order by audit_id"
    with scene.stack.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def line_of(scene: Scene, lane: str) -> list[str]:
    before = len(scene.printed)
    show_lanes(scene.stack, scene.console)
    return next(line.split() for line in scene.printed[before:].splitlines() if lane in line)


def test_a_lane_is_added_switched_and_moved(scene: Scene) -> None:
    add_lane(scene.stack, scene.console, DAWN, "05:00")
    assert f"Next       ytempire lanes on {DAWN}" in scene.printed
    assert line_of(scene, DAWN)[1] == "05:00"
    assert line_of(scene, DAWN)[-1] == "off"
    assert DAWN not in connect_channels(scene.stack)
    switch_lane(scene.stack, scene.console, DAWN, on=True)
    assert line_of(scene, DAWN)[-1] == "on"
    assert DAWN in connect_channels(scene.stack)
    move_lane(scene.stack, scene.console, DAWN, "06:30")
    assert line_of(scene, DAWN)[1] == "06:30"
    switch_lane(scene.stack, scene.console, DAWN, on=False)
    assert DAWN not in connect_channels(scene.stack)
    changes = [
        ("lane.added", {"at": "05:00"}),
        ("lane.on", {}),
        ("lane.moved", {"was": "05:00", "at": "06:30"}),
        ("lane.off", {}),
    ]
    assert audited(scene) == [(action, DAWN, detail) for action, detail in changes]


def test_only_lanes_that_are_on_get_videos(scene: Scene) -> None:
    on = DAY + timedelta(days=1)
    before = lanes_of(scene.stack, "pixel-pulse", on)
    add_lane(scene.stack, scene.console, DAWN, "05:00")
    assert lanes_of(scene.stack, "pixel-pulse", on) == before
    switch_lane(scene.stack, scene.console, DAWN, on=True)
    assert {str(slot) for slot in lanes_of(scene.stack, "pixel-pulse", on)} == {*map(str, before), f"{on}|{DAWN}"}
    for slot in lanes_of(scene.stack, "pixel-pulse", on):
        switch_lane(scene.stack, scene.console, slot.lane, on=False)
    with pytest.raises(NotReady, match="pixel-pulse has no active lane"):
        lanes_of(scene.stack, "pixel-pulse", on)


def test_what_is_so_already_is_said_and_not_audited(scene: Scene) -> None:
    lane = connect_channels(scene.stack)[0]
    switch_lane(scene.stack, scene.console, lane, on=True)
    move_lane(scene.stack, scene.console, lane, line_of(scene, lane)[1])
    assert f"{lane} is on already." in scene.printed
    assert f"{lane} publishes at" in scene.printed
    assert audited(scene) == []


def test_a_lane_keeps_to_its_form_and_its_channel(scene: Scene) -> None:
    lane = connect_channels(scene.stack)[0]
    for name, error in (
        ("noon", InvalidInput),
        ("pixel-pulse.", InvalidInput),
        ("pixel-pulse.No on|x", InvalidInput),
        (lane, InvalidInput),
        ("no-such-channel.noon", UnknownName),
    ):
        with pytest.raises(error):
            add_lane(scene.stack, scene.console, name, "05:00")
    with pytest.raises(UnknownName, match="no lane"):
        switch_lane(scene.stack, scene.console, DAWN, on=True)
    with pytest.raises(UnknownName, match="no lane"):
        move_lane(scene.stack, scene.console, DAWN, "05:00")
    assert audited(scene) == []


def test_a_time_of_day_may_have_one_digit_of_hours() -> None:
    assert [local_time(written) for written in ("5:00", "05:00", "23:59")] == [time(5), time(5), time(23, 59)]


@pytest.mark.parametrize("written", ["", "24:00", "5:60", "5", "1800", "25:00", "noon", "12:00:30", "12:00+01:00", "-1:00"])
def test_only_hours_and_minutes_are_a_time_of_day(written: str) -> None:
    with pytest.raises(InvalidInput, match="is not a time of day"):
        local_time(written)


def test_the_lanes_of_a_disconnected_channel_stay_off(scene: Scene) -> None:
    lane = connect_channels(scene.stack)[0]
    handle = lane.rpartition(".")[0]
    disconnect_channel(scene.stack, scene.console, handle, erases=False, confirms=lambda question: True)
    with pytest.raises(Refused, match=f"{handle} is not connected"):
        switch_lane(scene.stack, scene.console, lane, on=True)
    assert lane not in connect_channels(scene.stack)


def test_a_simulated_lane_publishes_unreviewed_until_it_is_told_to_wait(scene: Scene) -> None:
    lane = connect_channels(scene.stack)[0]
    assert line_of(scene, lane)[-3:-1] == ["go", "out"]
    review_lane(scene.stack, scene.console, lane, by_person=True)
    assert line_of(scene, lane)[-2] == "wait"
    review_lane(scene.stack, scene.console, lane, by_person=True)
    assert f"Films of {lane} with a low score wait for a person already." in scene.printed
    review_lane(scene.stack, scene.console, lane, by_person=False)
    assert audited(scene) == [("lane.reviewed", lane, {}), ("lane.unreviewed", lane, {})]


def test_no_setting_of_a_live_lane_takes_a_persons_place(scene: Scene) -> None:
    lane = connect_channels(scene.stack)[0]
    scene.stack.settings = scene.stack.settings.model_copy(update={"live": True})
    with pytest.raises(Refused, match="In the live market, films that score too low to go out by themselves always wait"):
        review_lane(scene.stack, scene.console, lane, by_person=False)
    assert audited(scene) == []
