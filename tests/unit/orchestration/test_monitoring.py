"""What a look at a champion says in Dagster, and when a model is trained again because of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import monitoring
from training.drift import Accuracy, DriftReport, InputDrift

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


def report(*, drifted: bool = False, now: float = 0.4) -> DriftReport:
    inputs = (InputDrift("views", 0.31, 1e-9, 0.005, drifted, ""), InputDrift("likes", 0.0, 1.0, 0.01, False, "never known"))
    accuracy = Accuracy("average_precision", 0.4, now, now - 0.05, now + 0.05, 800)
    served = tuple(InputDrift(entry.name, 0.0, 1.0, 0.01, False, "too few rows") for entry in inputs)
    return DriftReport(
        "trend", "2", NOON, 9_000, 800, inputs, inputs[0], 3, served, accuracy, float(drifted), drifted, "So it is."
    )


def test_both_checks_are_warnings_with_the_day_and_the_figures() -> None:
    key = monitoring.drift_key("trend")

    good = {check.check_name: check for check in monitoring._checks(key, report(), NOON.date())}
    bad = {check.check_name: check for check in monitoring._checks(key, report(drifted=True, now=0.3), NOON.date())}

    assert [check.passed for check in good.values()] == [True, True]
    assert [check.passed for check in bad.values()] == [False, False]
    assert {check.severity for check in bad.values()} == {dg.AssetCheckSeverity.WARN}
    assert {check.metadata["day"].value for check in bad.values()} == {"2026-06-08"}
    assert bad["accuracy_has_not_dropped"].description == (
        "average_precision 0.300 [0.250, 0.350] on 800 rows since, 0.400 when it was made (-25.0%)."
    )


def test_metadata_says_of_every_input_what_was_found_or_why_nothing() -> None:
    said = monitoring._metadata(report(drifted=True))

    table = said["inputs"].value
    assert "| views | 0.310 | 1e-09 | drifted | too few rows |" in table
    assert "| likes |  |  | never known | too few rows |" in table
    assert (said["version"], said["drifted_share"], said["accuracy"]) == ("2", 1.0, 0.4)


def test_pages_of_long_ago_are_deleted(tmp_path: Path) -> None:
    folder = monitoring.pages_folder(tmp_path) / "trend"
    days = [date(2026, 6, 8) - timedelta(days=back) for back in (0, 30, 31, 90)]
    for day in days:
        monitoring._write(folder / f"{day}.html", b"page")

    assert monitoring.delete_old_pages(tmp_path, NOON) == 2
    assert sorted(os.listdir(folder)) == ["2026-05-09.html", "2026-06-08.html"]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's own notices
        with dg.DagsterInstance.ephemeral() as opened:
            yield opened


def tell(instance: dg.DagsterInstance, model: str, check: str, day: str, *, passed: bool) -> None:
    """Record a check as a run would."""
    event = dg.AssetCheckEvaluation(
        asset_key=monitoring.drift_key(model), check_name=check, passed=passed, metadata={"day": dg.MetadataValue.text(day)}
    )
    instance.report_runless_asset_event(event)


def asked(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[dg.RunRequest], str]:
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result: Any = monitoring.on_drift(context)
    return list(result.run_requests), result.cursor


def test_a_model_is_trained_again_once_for_a_day_on_which_it_drifted(instance: dg.DagsterInstance) -> None:
    nothing, cursor = asked(instance, None)
    tell(instance, "trend", monitoring.STEADY, "2026-06-08", passed=False)
    tell(instance, "trend", monitoring.ACCURATE, "2026-06-08", passed=True)
    tell(instance, "quality", monitoring.STEADY, "2026-06-08", passed=True)
    first, cursor = asked(instance, cursor)
    again, cursor = asked(instance, cursor)

    assert (nothing, again) == ([], [])
    (request,) = first
    assert (request.partition_key, request.run_key) == ("2026-06-08", "drift:trend:2026-06-08")
    assert [key.to_user_string() for key in request.asset_selection or []] == [
        "model/trend/dataset",
        "model/trend/challenger",
        "model/trend/champion",
        "model_server",
    ]

    tell(instance, "trend", monitoring.STEADY, "2026-06-07", passed=False)
    assert asked(instance, cursor)[0] == [], "an earlier day that is looked at again asks for nothing"
    tell(instance, "trend", monitoring.STEADY, "2026-06-09", passed=True)
    assert asked(instance, cursor)[0] == [], "a model that is steady again is left alone"
    tell(instance, "trend", monitoring.ACCURATE, "2026-06-10", passed=False)
    later, _ = asked(instance, cursor)
    assert [request.partition_key for request in later] == ["2026-06-10"], "a loss of accuracy is a reason, too"
