"""What is said of days whose bulk reports never came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import dagster as dg

from connectors.youtube.report_archive import LostFile, MissingDay
from connectors.youtube.report_types import REPORT_TYPES
from core.ids import ChannelId
from orchestration.reporting import CHECKS, complete_check, summed_up

TYPE = "channel_basic_a3"
RECENT = MissingDay(ChannelId("UCa"), TYPE, date(2026, 6, 4), date(2026, 8, 3), is_critical=False)
LOST = LostFile(TYPE, date(2026, 6, 8), "The file 11.csv.gz is missing.", "Put it back.")
OLD = MissingDay(ChannelId("UCb"), TYPE, date(2026, 4, 10), date(2026, 6, 9), is_critical=True)


def test_no_missing_day_passes() -> None:
    assert complete_check(TYPE, []).passed


def test_a_missing_day_is_a_warning_that_names_channel_type_and_both_days() -> None:
    result = complete_check(TYPE, [RECENT])
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    for word in ("UCa", TYPE, "2026-06-04", "2026-08-03"):
        assert word in str(result.description)
        assert word in str(result.metadata["findings"].value)


def test_a_day_that_is_about_to_be_lost_is_an_error_and_comes_first() -> None:
    result = complete_check(TYPE, [OLD, RECENT])
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert str(result.description).startswith(f"{TYPE} of channel UCb has no report for 2026-04-10")
    assert "and 1 more" in str(result.description)


def test_a_channel_that_cannot_be_read_is_told_with_the_reason_and_the_way_out() -> None:
    refused = replace(OLD, reason="YouTube answered 403 to jobs.list.", remedy="Run `ytempire connect`.")
    result = complete_check(TYPE, [refused])
    assert str(result.description).endswith(
        "The channel cannot be read: YouTube answered 403 to jobs.list. Run `ytempire connect`."
    )
    assert "403 to jobs.list" in str(result.metadata["findings"].value)


def test_a_file_that_is_lost_is_an_error_and_named() -> None:
    result = complete_check(TYPE, [], [LOST])
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.description == f"{TYPE} of partition 2026-06-08: {LOST.reason} {LOST.remedy}"
    assert LOST.reason in str(result.metadata["findings"].value)


def test_only_what_an_operator_must_act_on_is_summed_up() -> None:
    assert summed_up([RECENT], []) == []
    (days,) = summed_up([OLD, RECENT], [])
    assert days.startswith(f"{TYPE} of channel UCb has no report for 2026-04-10, which is lost on 2026-06-09.")
    assert summed_up([], [LOST, LOST]) == [f"{TYPE} of partition 2026-06-08: {LOST.reason} {LOST.remedy} And 1 more."]


def test_every_type_is_looked_at() -> None:
    keys = {key.asset_key for check in CHECKS for key in check.check_keys}
    assert keys == {dg.AssetKey(["raw_reporting", name]) for name in REPORT_TYPES}
