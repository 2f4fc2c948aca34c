"""Topics, vectors and gaps as assets: a range of days in one run, with tables beside it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, text

from core.clock import Clock, FrozenClock, noon
from core.errors import UnknownName
from tests.encoders import WordEncoder
from tests.integration.features.test_similarity import land_chart, land_videos, video
from tests.integration.features.test_trends import land_posts, land_searches

pytestmark = [
    pytest.mark.postgres,
    # Dagster marks what every partitioned project uses as beta.
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.PreviewWarning"),
]

DAY = date(2026, 6, 8)
FIRST = DAY - timedelta(days=1)


@dataclass
class World:
    """What these assets need of a stack."""

    engine: Engine
    sentences: WordEncoder = field(default_factory=WordEncoder)
    encoder: WordEncoder = field(default_factory=WordEncoder)

    def clock_for(self, day: date) -> Clock:
        return FrozenClock(noon(day))


@pytest.fixture
def world(database: Engine) -> World:
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)
            values ('UCown', 'own', 'Own', 'gaming', 20, 'UTC'), ('UCpets', 'pets', 'Pets', 'pets', 15, 'UTC')
            """)
        )
    for day in (FIRST, DAY):
        land_searches(database, day, "sky forge", "mortgage rates")
        land_posts(database, day, "Sky Forge is out")
        land_chart(database, video("a", "moss keepers village", views=70), day=day)
        land_videos(database, "raw_youtube.videos", video("own", "sky forge boss", channel="UCown"), day=day)
    return World(database)


@pytest.fixture(scope="module")
def assets() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from orchestration import trends

        yield trends.ASSETS


def run(assets: Any, world: World) -> Any:
    import dagster as dg

    from orchestration.resources import Platform

    Platform._stacks["test"] = world  # type: ignore[assignment]
    definitions = dg.Definitions(
        assets=assets,
        jobs=[dg.define_asset_job("job", dg.AssetSelection.assets(*assets), executor_def=dg.in_process_executor)],
        resources={"platform": Platform(state="test")},
    )
    window = {"dagster/asset_partition_range_start": FIRST.isoformat(), "dagster/asset_partition_range_end": DAY.isoformat()}
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("job").execute_in_process(instance=instance, tags=window)


def test_a_range_of_days_in_one_run(assets: Any, world: World) -> None:
    result = run(assets, world)
    metadata = {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
    }
    assert metadata["trends/canonical"]["topics"] == 2
    assert "| Sky Forge |" in metadata["trends/canonical"]["hottest"]
    assert (metadata["embeddings/content"]["contents"], metadata["embeddings/content"]["encoded"]) == (4, 2)
    assert "moss keepers village" in metadata["report/content_gaps"]["own"]
    assert metadata["report/content_gaps"]["pets"].startswith("No videos of others")
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("sources_agree", True)
    with world.engine.connect() as connection:
        assert connection.execute(text("select count(*) from ops.trend_evidence")).scalar() == 6


def test_commands_show_what_is_near_and_what_is_left_out(assets: Any, world: World) -> None:
    from orchestration.discovery import gaps, similar

    run(assets, world)
    console = Console(file=StringIO(), width=160)
    similar(world, console, "sky forge")  # type: ignore[arg-type]
    gaps(world, console, "own")  # type: ignore[arg-type]
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "sky forge boss" in shown
    assert "moss keepers village (70)" in shown
    with pytest.raises(UnknownName, match="nobody"):
        gaps(world, console, "nobody")  # type: ignore[arg-type]
