"""The same archives, read from their files and from the warehouse they were imported into."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import Engine

from connectors.archives.files import find
from connectors.archives.formats import Kind
from connectors.archives.importing import import_file
from core.errors import NotReady
from tests.conftest import fresh_database
from tests.integration.warehouse.market import Market
from tests.integration.warehouse.warehouse import Warehouse
from training.sources import ArchiveFolder, Source
from training.warehouse import WarehouseSource

pytestmark = pytest.mark.postgres

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=60)
IDS = [f"video_{number:05d}" for number in range(6)]


def write_archives(root: Path) -> None:
    """A few rows of every set, under the names that the public ones have."""
    for folder in ("growth_2026", "headline_ab_upworthy", "popularity_i30", "studio_exports", "channel_kenjee"):
        (root / folder).mkdir(parents=True)
    readings = {
        "video_id": IDS * 2,
        "date": ["2026-06-08"] * 6 + ["2026-06-09"] * 6,
        "fetched_at": [NOON + timedelta(days=day, seconds=place) for day in (0, 1) for place in range(6)],
        "views": list(range(1000, 1012)),
        "likes": [None, 5] * 6,
        "comments": list(range(12)),
        "n_countries": [1, 2, 3] * 4,
    }
    moment = pl.Datetime("ms", "UTC")
    frame = pl.DataFrame(readings).with_columns(pl.col("fetched_at").cast(moment), pl.col("n_countries").cast(pl.Int16))
    frame.write_parquet(root / "growth_2026/video_daily_stats.parquet")
    videos = {
        "video_id": IDS,
        "published_at": [NOON - timedelta(hours=number) for number in range(6)],
        "title": [f"Title {number}, “quoted”" for number in range(6)],
        "channel_id": ["UCone", "UCtwo"] * 3,
        "channel_title": ["One", "Two"] * 3,
        "category_id": ["10", "20", None] * 2,
        "duration": ["319", "60", "7200"] * 2,
    }
    pl.DataFrame(videos).with_columns(pl.col("published_at").cast(moment)).write_parquet(root / "growth_2026/videos.parquet")
    tests = (
        "clickability_test_id,headline,lede,excerpt,impressions,clicks,significance,winner,first_place,test_week,eyecatcher_id,"
        "winner_count_anomaly,ctr\n"
        'a1,"Why, really?",<p>Because.</p>,Things,3052,150,100.0,True,True,201446,e1,False,0.049\n'
        "a1,Another one,<p>Because.</p>,Things,3033,122,14.0,False,False,201446,e2,False,0.040\n"
    )
    (root / "headline_ab_upworthy/upworthy_exploratory.csv.gz").write_bytes(gzip.compress(tests.encode()))
    days = ",".join(f"d{day}" for day in range(1, 31))
    series = f"video_id,{days}\nXMTM2MTM0ODEzMg==,{','.join(map(str, range(30)))}\nXMTM2MDk0MDg0NA==,{','.join(['7'] * 30)}\n"
    (root / "popularity_i30/I30_training.csv.gz").write_bytes(gzip.compress(series.encode()))
    studio = (
        "Content,Video title,Video publish time,Average view duration,Average percentage viewed (%),Views,Likes,Impressions,"
        "Impressions click-through rate (%)\n"
        "Total,,,0:02:00,40,300,30,9000,3.3\n"
        'aaaaaaaaaaa,First,"Jun 8, 2020",0:02:00,40,200,20,6000,3.5\n'
        'bbbbbbbbbbb,Second,"Jun 9, 2020",0:01:00,50,100,10,3000,3.1\n'
    )
    (root / "studio_exports/mine.csv").write_text(studio)
    other = gzip.compress(studio.replace("First", "Third").encode())
    (root / "channel_kenjee/Aggregated_Metrics_By_Video.csv.gz").write_bytes(other)


@pytest.fixture(scope="module")
def imported(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Source, Engine]]:
    """The folder, and a warehouse into which everything in it was imported."""
    root = tmp_path_factory.mktemp("archives")
    write_archives(root / "data")
    with fresh_database(postgres_url) as engine:
        for found in find([root / "data"]):
            assert import_file(engine, found, Kind.AUTO, NOW).rejected == 0  # type: ignore[arg-type]
        Warehouse(engine, root / "target", Market()).dbt("run", "--select", "staging.archive", "staging.ops")
        yield ArchiveFolder(root / "data"), engine


def test_files_and_warehouse_give_the_same_frames(imported: tuple[Source, Engine]) -> None:
    folder, warehouse = imported[0], WarehouseSource(imported[1])
    assert_frame_equal(warehouse.readings(), folder.readings())
    assert_frame_equal(warehouse.videos(), folder.videos())
    assert_frame_equal(warehouse.headlines(), folder.headlines())
    assert_frame_equal(warehouse.own_videos(), folder.own_videos())
    assert_frame_equal(warehouse.view_series(), folder.view_series())


def test_what_the_platform_read_itself_stands_beside_it(imported: tuple[Source, Engine]) -> None:
    _, engine = imported
    warehouse = WarehouseSource(engine)
    before = warehouse.readings()
    with engine.begin() as connection:
        connection.exec_driver_sql("""
            create schema if not exists marts;
            create table marts.fct_video_reading (
                video_id text, partition_on date, read_at timestamptz, channel_id text, channel_title text, title text,
                category_id integer, published_at timestamptz, duration_seconds integer, views bigint, likes bigint,
                comments bigint, countries_count integer);
            insert into marts.fct_video_reading values
                ('video_00000', '2026-06-08', '2026-06-08 12:00+00', 'UCone', 'One', 'Seen first', 10, '2026-06-08 12:00+00', 9,
                 4321, 2, 3, 4),
                ('video_own00', '2026-06-08', '2026-06-08 12:00+00', 'UCmine', 'Mine', 'On no chart', 10, '2026-06-08',
                 9, 5, 2, 3, 0);
        """)

    readings, videos = warehouse.readings(), warehouse.videos()

    assert readings.height == before.height
    assert readings.row(0)[2] == 4321
    assert dict(videos.select("video_id", "title").iter_rows())["video_00000"] == "Seen first"
    assert videos.height == 7


def test_a_warehouse_without_anything_says_what_to_bring(database: Engine) -> None:
    source = WarehouseSource(database)
    for table in (source.readings, source.videos, source.headlines, source.own_videos, source.view_series):
        with pytest.raises(NotReady, match="holds no"):
            table()
