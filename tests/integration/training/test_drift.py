"""From a champion's snapshot and what came since to a verdict, a page and a picture."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.integration.features.sample import AS_OF
from training.specs import QUALITY, TREND, ModelSpec

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

TRAINED = AS_OF - timedelta(days=10)

_OBSERVATIONS = """
create schema if not exists ops;
create table if not exists ops.model_observations (
    observation_id bigint generated always as identity, request_id text, observed_at timestamptz, model text,
    model_version text, entity_key text, inputs jsonb, outputs jsonb);
truncate ops.model_observations;
"""


@pytest.fixture
def observed(filled: Engine) -> Iterator[Engine]:
    """The filled warehouse beside an empty log of what was asked."""
    with filled.begin() as connection:
        connection.exec_driver_sql(_OBSERVATIONS)
    yield filled
    with filled.begin() as connection:
        connection.exec_driver_sql("drop schema ops cascade")


def crown_rule(engine: Engine, store: Any, spec: ModelSpec, tracker: Any, root: Path) -> Any:
    """Put the rule to use that is fitted on what was known ten days before."""
    from training.candidates import ensure_baseline
    from training.dataset import build_dataset, load_dataset

    dataset = load_dataset(root, build_dataset(engine, store, spec, TRAINED, root).digest)
    ensure_baseline(dataset, spec, tracker)
    return dataset


def test_a_market_that_stays_as_it_was_has_not_drifted(observed: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.drift import FEWEST, look

    dataset = crown_rule(observed, store, TREND, tracker, tmp_path)

    found = look(observed, store, TREND, tracker, tmp_path, AS_OF)

    report = found.report
    assert (report.version, report.reference_rows, report.drifted, report.has_dropped) == ("1", dataset.rows.height, False, False)
    assert report.current_rows > FEWEST
    assert report.accuracy is not None
    assert report.accuracy.low <= report.accuracy.now <= report.accuracy.high
    assert report.score is not None
    assert {entry.name for entry in report.inputs} == set(dataset.manifest.inputs)
    page = found.page()
    assert b"Population stability index" in page
    assert found.picture().startswith(b"\x89PNG")
    again = look(observed, store, TREND, tracker, tmp_path, AS_OF)
    assert again.report == report
    assert again.page() == page, "the same rows give the same page, to the byte"


def test_a_market_that_changes_is_seen(observed: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.drift import look

    crown_rule(observed, store, TREND, tracker, tmp_path)
    with observed.begin() as connection:
        connection.execute(
            text(
                "update features.feat_video__series set log_views = log_views + 4, log_likes = log_likes + 4,"
                " log_comments = log_comments + 4, log_views_per_hour = log_views_per_hour + 4, velocity_1 = velocity_1 + 4,"
                " age_hours = age_hours + 100 where event_timestamp > :since"
            ),
            {"since": TRAINED},
        )
        connection.execute(  # the same growth, turned round: what the rule learnt is wrong now
            text("update labels.lbl_video__growth_48h set growth_48h = -growth_48h where event_timestamp > :since"),
            {"since": TRAINED},
        )

    report = look(observed, store, TREND, tracker, tmp_path, AS_OF).report

    assert report.drifted
    assert {"log_views", "log_likes", "age_hours"} <= {entry.name for entry in report.inputs if entry.is_drifted}
    assert "category_id" not in {entry.name for entry in report.inputs if entry.is_drifted}
    assert report.accuracy is not None
    assert report.accuracy.change < 0


def test_neither_what_comes_later_nor_what_the_server_was_asked_decides(
    observed: Engine, store: Any, tracker: Any, tmp_path: Path
) -> None:
    from training.drift import look

    crown_rule(observed, store, TREND, tracker, tmp_path)
    moment = AS_OF - timedelta(days=3)
    before = look(observed, store, TREND, tracker, tmp_path, moment).report
    with observed.begin() as connection:
        later = {"moment": moment}
        connection.execute(text("update features.feat_video__series set log_views = 0 where created_timestamp > :moment"), later)
        connection.execute(text("update labels.lbl_video__growth_48h set growth_48h = 9 where known_at > :moment"), later)
        connection.execute(
            text(
                "insert into ops.model_observations (request_id, observed_at, model, model_version, entity_key, inputs, outputs)"
                " select 'r', :at, 'trend', '1', 'v' || n,"
                " jsonb_build_object('age_hours', 150 + 0.01 * n, 'log_views', null), '{}'"
                " from generate_series(1, 300) n, generate_series(1, 2)"
            ),
            {"at": moment - timedelta(days=1)},
        )

    report = look(observed, store, TREND, tracker, tmp_path, moment).report

    served = {entry.name: entry for entry in report.served}
    assert report.served_rows == 300, "the same question twice counts once"
    assert served["age_hours"].is_drifted
    assert replace(report, served=before.served, served_rows=0) == before
    assert not report.drifted


def test_without_anything_to_compare_nothing_is_called_drifted(
    observed: Engine, warehouse: Engine, store: Any, tracker: Any, tmp_path: Path
) -> None:
    from training.drift import look

    none = look(observed, store, TREND, tracker, tmp_path, AS_OF)
    crown_rule(observed, store, TREND, tracker, tmp_path)
    early = look(observed, store, TREND, tracker, tmp_path, TRAINED + timedelta(hours=1))
    shutil.rmtree(tmp_path / tracker.champion("trend").tags["dataset_digest"])
    gone = look(observed, store, TREND, tracker, tmp_path, AS_OF)
    with observed.begin() as connection:
        connection.execute(text("truncate labels.lbl_video__retention"))
    crown_rule(observed, store, QUALITY, tracker, tmp_path)
    empty = look(observed, store, QUALITY, tracker, tmp_path, AS_OF)

    assert none.report.reason == "Nothing to compare: there is no champion yet."
    assert early.report.reason.startswith("Nothing to judge: too few rows")
    assert gone.report.reason.startswith("Nothing to compare: There is no dataset")
    assert empty.report.reason == "Nothing to compare: the champion learnt from no rows."
    for found in (none, early, gone, empty):
        assert (found.report.drifted, found.report.has_dropped, found.is_judged) == (False, False, False)
