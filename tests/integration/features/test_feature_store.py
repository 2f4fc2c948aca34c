"""The feature store on a real Postgres and Redis: what was known when, online as offline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, text

from core.errors import Damaged, InvalidInput, NotReady
from core.pictures import MEASURES
from features.transforms import THUMBNAIL_FEATURES
from tests.integration.features.sample import AS_OF, channel_day, fill, insert, reading

pytestmark = [pytest.mark.postgres, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")]

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def views_at(store: Any, moment: datetime, video: str = "v") -> float | None:
    from features.retrieval import historical

    asked = pl.DataFrame({"video_id": [video], "event_timestamp": [moment]})
    return historical(store, "trend_v1", asked)["views"][0]


def test_newest_event_wins_then_newest_created(store: Any, warehouse: Engine) -> None:
    insert(
        warehouse,
        "features.feat_video__reading",
        [
            reading("v", NOON - DAY, views=1),
            reading("v", NOON, views=2),
            reading("v", NOON, created=NOON + 2 * HOUR, views=3),
            # Older by event, although it became known last.
            reading("v", NOON - HOUR, created=NOON + 3 * HOUR, views=4),
        ],
    )

    assert views_at(store, NOON - HOUR) == 1
    assert views_at(store, NOON) == 2
    assert views_at(store, NOON + HOUR) == 2
    assert views_at(store, NOON + 2 * HOUR) == 3
    assert views_at(store, NOON + 5 * HOUR) == 3


def test_a_row_is_not_used_before_it_was_known_nor_after_its_time_to_live(store: Any, warehouse: Engine) -> None:
    insert(warehouse, "features.feat_video__reading", [reading("v", NOON, created=NOON + DAY)])

    assert views_at(store, NOON + DAY - timedelta(seconds=1)) is None
    assert views_at(store, NOON + DAY) == 1000
    assert views_at(store, NOON + 3 * DAY) == 1000
    assert views_at(store, NOON + 3 * DAY + timedelta(seconds=1)) is None


def test_rows_come_back_in_the_order_they_were_asked_in_also_twice(store: Any, warehouse: Engine) -> None:
    from features.retrieval import historical

    videos = [f"v{number}" for number in range(40)]
    insert(warehouse, "features.feat_video__reading", [reading(v, NOON, views=100 + n) for n, v in enumerate(videos)])
    asked = pl.DataFrame({"video_id": [*reversed(videos), "v7", "unknown"], "event_timestamp": [NOON + HOUR] * 42})

    found = historical(store, "trend_v1", asked)

    assert found["video_id"].to_list() == asked["video_id"].to_list()
    assert found["views"].to_list() == [*reversed(range(100, 140)), 107, None]


def test_two_rows_of_equal_keys_are_refused(store: Any, warehouse: Engine) -> None:
    insert(warehouse, "features.feat_video__reading", [reading("v", NOON), reading("v", NOON, views=7)])

    with pytest.raises(Damaged, match=r"features.feat_video__reading: Of the feature rows, 1 equal another"):
        views_at(store, NOON)


def test_online_equals_historical(store: Any, warehouse: Engine) -> None:
    from features.parity import differences, materialised_until, missing_keys
    from features.repository import materialise

    fill(warehouse, videos_a_day=3)
    counts = materialise(store, AS_OF)

    assert counts["video_counts"] == counts["video_series"] > 0
    assert counts["channel_results"] == 6
    assert counts["topic_spread"] == 1
    assert materialised_until(store) == AS_OF
    services = ("trend_v1", "quality_v1", "ctr_v1", "trend_v2", "quality_v2", "ctr_v2")
    assert differences(store, warehouse) == {service: [] for service in services}
    assert not any(missing_keys(warehouse).values())


def test_online_equals_historical_in_a_database_of_another_time_zone(store: Any, warehouse: Engine) -> None:
    from features.parity import differences
    from features.repository import materialise

    name = warehouse.url.database
    with warehouse.begin() as connection:
        connection.execute(text(f"alter database {name} set timezone = 'America/New_York'"))
    try:
        fill(warehouse, videos_a_day=3)
        materialise(store, AS_OF)

        assert not any(differences(store, warehouse).values())
    finally:
        with warehouse.begin() as connection:
            connection.execute(text(f"alter database {name} reset timezone"))


def test_online_forgets_what_is_beyond_its_time_to_live(store: Any, warehouse: Engine) -> None:
    from features.repository import materialise
    from features.retrieval import online

    insert(warehouse, "features.feat_video__reading", [reading("v", NOON), reading("w", NOON + 4 * DAY)])
    materialise(store, NOON)
    assert online(store, "trend_v1", [{"video_id": "v"}])[0]["views"] == 1000

    materialise(store, NOON + 4 * DAY)
    store.refresh_registry()

    values = online(store, "trend_v1", [{"video_id": "v"}, {"video_id": "w"}, {"video_id": "never seen"}])
    assert [row["views"] for row in values] == [None, 1000, None]


def test_readings_of_the_registry_are_told_apart(store: Any) -> None:
    versions = []
    for _ in range(3):
        versions.append(store.registry.cached_registry_proto.version_id)
        store.refresh_registry()
    assert len({*versions, ""}) == 4


def test_corrected_and_late_rows_reach_the_online_store(store: Any, warehouse: Engine) -> None:
    from features.repository import materialise
    from features.retrieval import online

    insert(warehouse, "features.feat_video__reading", [reading("v", NOON)])
    materialise(store, NOON)
    insert(
        warehouse,
        "features.feat_video__reading",
        [reading("v", NOON, created=NOON + HOUR, views=1234), reading("late", NOON - DAY, created=NOON + HOUR, views=5)],
    )

    materialise(store, NOON + HOUR)

    values = online(store, "trend_v1", [{"video_id": "v"}, {"video_id": "late"}])
    assert [row["views"] for row in values] == [1234, 5]


def test_running_an_old_day_again_does_not_turn_the_online_store_back(store: Any, warehouse: Engine) -> None:
    from features.repository import materialise
    from features.retrieval import online

    insert(warehouse, "features.feat_video__reading", [reading("v", NOON, views=1), reading("v", NOON + DAY, views=2)])
    materialise(store, NOON + DAY)

    materialise(store, NOON)

    assert online(store, "trend_v1", [{"video_id": "v"}])[0]["views"] == 2


def test_a_draft_is_described_from_the_request(store: Any, warehouse: Engine) -> None:
    from features.repository import materialise
    from features.retrieval import online
    from features.transforms import draft_features

    insert(warehouse, "features.feat_channel__daily", [channel_day("c", NOON)])
    materialise(store, NOON)
    draft = {"title": "Why? (5 reasons)", "duration_seconds": 60.0, "category_id": 20.0, "publish_at": NOON + DAY}

    measured, unmeasured = dict.fromkeys(MEASURES, 0.25), dict.fromkeys(MEASURES)

    known, unknown = online(
        store, "ctr_v1", [{"channel_id": "c", **draft, **measured}, {"channel_id": "?", **draft, **unmeasured}]
    )

    assert known["ctr_20"] == 0.05
    assert unknown["ctr_20"] is None
    for name, value in draft_features(**draft).items():
        assert known[name] == unknown[name] == pytest.approx(value)
    assert {known[name] for name in THUMBNAIL_FEATURES} == {0.25}
    assert {unknown[name] for name in THUMBNAIL_FEATURES} == {None}


def test_a_script_is_read_by_both_doors_and_is_unknown_where_there_is_none(store: Any, warehouse: Engine) -> None:
    from features.meanings import MEANING_COLUMNS, SCRIPT_MEANING, SIMILARITY, TITLE_MEANING
    from features.parity import feast_historical
    from features.repository import materialise
    from features.retrieval import historical, online
    from features.scripts import SCRIPT_COLUMNS

    insert(warehouse, "features.feat_channel__daily", [channel_day("c", NOON)])
    materialise(store, NOON)
    draft = {"channel_id": "c", "title": "Why?", "duration_seconds": 60.0, "category_id": 20.0, "publish_at": NOON}
    rows = [{**draft, "script": script} for script in ("Why is it so? You will see.", None)]
    names = [*SCRIPT_COLUMNS, *MEANING_COLUMNS]

    told, silent = online(store, "quality_v2", rows)

    assert (told["script_words"], told["script_hook_has_question"], told["script_title_share"]) == (7, 1, 1)
    assert 0 < told[SIMILARITY] < 1
    assert {silent[name] for name in (*SCRIPT_COLUMNS, *SCRIPT_MEANING, SIMILARITY)} == {None}
    assert [silent[name] for name in TITLE_MEANING] == [told[name] for name in TITLE_MEANING]
    asked = pl.DataFrame(rows).with_columns(event_timestamp=pl.lit(NOON + HOUR))
    # Also where no row has a script, as before the first video was made here.
    for some in (asked, asked[1:], asked[1:].with_columns(script=None)):
        found = historical(store, "quality_v2", some)
        assert found.select(names).rows() == [tuple(row[name] for name in names) for row in (told, silent)][-some.height :]
        assert feast_historical(store, "quality_v2", some).select(names).equals(found.select(names))


def test_pictures_that_nobody_measured_are_unknown_in_training(store: Any, warehouse: Engine) -> None:
    from features.retrieval import historical

    insert(warehouse, "features.feat_channel__daily", [channel_day("c", NOON)])
    draft = {"channel_id": "c", "title": "Why?", "duration_seconds": 60.0, "category_id": 20.0, "publish_at": NOON}
    rows = [{**draft, **dict.fromkeys(MEASURES), "event_timestamp": NOON + HOUR}] * 2

    found = historical(store, "ctr_v1", pl.DataFrame(rows))

    assert found.select(THUMBNAIL_FEATURES).null_count().row(0) == (2,) * len(MEASURES)
    assert found["ctr_20"].to_list() == [0.05, 0.05]


def test_applying_twice_changes_nothing_and_drops_what_is_no_longer_defined(store: Any) -> None:
    from feast import FeatureService, FeatureView, Field
    from feast.types import Int64

    from features import on_demand
    from features.entities import VIDEO
    from features.repository import VIEWS, apply
    from features.services import SERVICES
    from features.sources import VIDEO_READING

    old = FeatureView(name="old", entities=[VIDEO], source=VIDEO_READING, schema=[Field(name="views", dtype=Int64)])
    store.apply([old, FeatureService(name="trend_v0", features=[old])])

    assert apply(store) == apply(store)

    assert {view.name for view in store.list_feature_views()} == {view.name for view in VIEWS}
    assert {service.name for service in store.list_feature_services()} == {service.name for service in SERVICES}
    assert {view.name for view in store.list_on_demand_feature_views()} == {view.name for view in on_demand.VIEWS}


def test_what_is_missing_is_named(store: Any, warehouse: Engine, redis_url: str) -> None:
    from features.parity import materialised_until
    from features.retrieval import historical, online

    with pytest.raises(NotReady, match="trend_v9"):
        online(store, "trend_v9", [{"video_id": "v"}])
    with pytest.raises(InvalidInput, match="channel_id, category_id"):
        online(store, "quality_v1", [{"title": "t", "duration_seconds": 1.0, "publish_at": NOON}])
    with pytest.raises(InvalidInput, match="event_timestamp"):
        historical(store, "trend_v1", pl.DataFrame({"video_id": ["v"]}))
    with pytest.raises(NotReady, match="feature_store/online"):
        materialised_until(store)
    assert online(store, "trend_v1", []) == []


def test_materialising_before_applying_is_refused(warehouse: Engine, redis_url: str) -> None:
    from features.repository import materialise, open_store

    bare = open_store(warehouse.url.render_as_string(hide_password=False), redis_url)
    with pytest.raises(NotReady, match="feature_store/registry"):
        materialise(bare, NOON)


def test_joins_run_without_nested_loops(store: Any) -> None:
    from feast.infra.utils.postgres.connection_utils import _get_conn

    with _get_conn(store.config.offline_store) as connection:
        settings = [connection.execute(f"show {name}").fetchone()[0] for name in ("enable_nestloop", "search_path", "timezone")]

    assert settings == ["off", "feast,public", "UTC"]
