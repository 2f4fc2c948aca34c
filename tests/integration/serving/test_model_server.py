"""The model server over the real feature store: Postgres, Feast, Redis, registry, `bentoml serve`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import Engine, text

from core.errors import ServiceFailed
from core.redis import EmbeddedRedis
from core.settings import Settings, load_settings
from serving.client import ScoringClient, is_ready
from serving.packaging import resolve_server, serving_process
from serving.scorer import Scorer
from tests.unit.serving.tiny_models import register, write_model
from training.specs import MODELS, OUTPUT

if TYPE_CHECKING:
    from feast import FeatureStore

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::PendingDeprecationWarning"),
]

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
READ_AT = NOON - timedelta(hours=1)
DRAFT: dict[str, Any] = {
    "channel_id": "UCours",
    "title": "Five songs that climbed",
    "script": "Which songs climbed? You will see five.",
    "duration_seconds": 75.0,
    "category_id": 10,
    "publish_at": NOON + timedelta(days=1),
}
COLUMN_TYPES = {"Int32": "int", "Int64": "bigint", "Float64": "double precision", "Bool": "boolean", "String": "text"}
VALUES = {"int": "2", "bigint": "2", "double precision": "0.25", "boolean": "true", "text": "'x'"}


def fill_warehouse(engine: Engine) -> None:
    """Make the tables that the feature views read, each with one row of one entity."""
    from features.repository import VIEWS

    tables: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for view in VIEWS:
        keys[view.batch_source.name] = f"{view.entities[0]}_id"
        columns = tables.setdefault(view.batch_source.name, {})
        columns |= {field.name: COLUMN_TYPES[str(field.dtype)] for field in view.features}
    with engine.begin() as connection:
        connection.execute(text("create schema if not exists features"))
        for table, columns in tables.items():
            names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            moments = "event_timestamp timestamptz, created_timestamp timestamptz"
            connection.execute(text(f"create table features.{table} ({keys[table]} text, {moments}, {names})"))
            entity = {"video_id": "vid-1", "channel_id": "UCours"}.get(keys[table], "topic")
            values = ", ".join(VALUES[kind] for kind in columns.values())
            insert = f"insert into features.{table} values (:entity, :moment, :moment, {values})"
            connection.execute(text(insert), {"entity": entity, "moment": READ_AT})


@contextmanager
def feature_store(database_url: str, redis_url: str) -> Iterator[FeatureStore]:
    """Open the feature store, and close the registry's connections, which Feast leaves open."""
    from features.repository import open_store

    store = open_store(database_url, redis_url)
    yield store
    store.registry.read_engine.dispose()
    store.registry.write_engine.dispose()


class World:
    """A filled feature store, a registry with tiny champions, and the server's process."""

    def __init__(self, database_url: str, root: Path) -> None:
        self.root = root
        self.database_url = database_url
        self.redis = EmbeddedRedis(root / "redis")
        self.redis_url = self.redis.ensure()
        self.mlflow_url = f"sqlite:///{root}/mlflow.db"
        self.settings: Settings = load_settings(home=root / "var", _env_file=None)

    def promote(self, name: str, weight: float = 0.1) -> Path:
        folder = self.root / "exported" / f"{name}-{weight}"
        write_model(folder, name, weight=weight)
        register(self.mlflow_url, folder, name)
        return folder

    def url(self) -> str:
        return resolve_server(self.settings, self.mlflow_url, self.database_url, self.redis_url)

    def stop(self) -> None:
        serving_process(self.settings, self.mlflow_url, self.database_url, self.redis_url).stop()
        self.redis.stop()


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> Iterator[World]:
    from features.repository import apply, materialise

    fill_warehouse(database)
    made = World(database.url.render_as_string(hide_password=False), tmp_path)
    try:
        with feature_store(made.database_url, made.redis_url) as store:
            apply(store)
            materialise(store, NOON)
        yield made
    finally:
        made.stop()


def test_the_server_from_registry_to_answer(world: World, database: Engine) -> None:
    from features.retrieval import online

    folders = {name: world.promote(name) for name in MODELS}
    url = world.url()

    # HTTP answer = Scorer over what the feature store gives.
    with ScoringClient(url) as client:
        (trend,) = client.trend(["vid-1", "nobody"])
        known, fresh = client.quality([DRAFT, DRAFT | {"channel_id": "UCnew"}])
        (ctr,) = client.ctr([DRAFT | {"thumbnail": None}])
        before = {card.model: card.version for card in client.models()}
    with feature_store(world.database_url, world.redis_url) as store:
        (video,) = online(store, "trend_v2", [{"video_id": "vid-1"}])
        (draft,) = online(store, "quality_v2", [DRAFT])
    assert trend.video_id == "vid-1"
    assert trend.p_breakout == Scorer.load(folders["trend"], "1").score([video])[0][OUTPUT]
    assert known.likelihood == 100 * Scorer.load(folders["quality"], "1").score([draft])[0][OUTPUT]
    assert (known.is_channel_known, fresh.is_channel_known, ctr.is_channel_known) == (True, False, True)

    # A promotion replaces the server; without one it stays.
    assert world.url() == url
    world.promote("trend", weight=0.3)
    url = world.url()
    with ScoringClient(url) as client:
        after = {card.model: card.version for card in client.models()}
        (promoted,) = client.trend(["vid-1"])
    assert after["trend"].startswith("2-")
    assert before | {"trend": after["trend"]} == after
    assert promoted.model_version == after["trend"]
    assert promoted.p_breakout > trend.p_breakout

    # The first server wrote its observations before it ended.
    with database.connect() as connection:
        rows = connection.execute(text("select * from ops.model_observations where model_version like '1-%' order by 1")).all()
    assert [(row.model, row.entity_key) for row in rows] == [
        ("trend", "vid-1"),
        ("quality", "UCours"),
        ("quality", "UCnew"),
        ("ctr", "UCours"),
    ]
    assert rows[0].outputs == {OUTPUT: trend.p_breakout}
    assert rows[0].inputs["chart_best_rank"] == 2
    assert set(rows[0].inputs) == {each.name for each in MODELS["trend"].inputs}
    assert all(row.request_id for row in rows)

    # Feast keeps metrics of its own, which must not hide the server's.
    assert 'endpoint="/v1/ai/predict/trend"' in httpx.get(f"{url}/metrics").text

    # Without its feature store the server says so, and comes back with it.
    world.redis.stop()
    assert not is_ready(url)
    with ScoringClient(url) as client:
        with pytest.raises(ServiceFailed, match="feature store"):
            client.trend(["vid-1"])
        assert world.redis.ensure() == world.redis_url
        assert is_ready(url, timeout_seconds=10)
        assert client.trend(["vid-1"]) == [promoted]
