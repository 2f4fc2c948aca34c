"""The trends of a niche out of the database, before there is a champion."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connectors.landing import RawRow, land
from core.clock import noon
from core.errors import UnknownName
from features.trends import of_niche, write_topics
from tests.encoders import WordEncoder
from training.ranking import VELOCITY, predict_trends
from training.warehouse import WarehouseSource

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 8)


def land_searches(database: Engine, *titles: str) -> None:
    rows = [
        RawRow(f"US:daily:{title}", {"title": title, "geo": "US", "cadence": "daily", "rank": rank, "news": []}, "google.trends")
        for rank, title in enumerate(titles, start=1)
    ]
    land(database, "raw_google.trends", DAY, rows, noon(DAY))


@pytest.fixture
def topics(database: Engine) -> Engine:
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.channels (channel_id, handle, title, niche, category_id, timezone, description)
            values ('UC1', 'one', 'One', 'gaming', 20, 'UTC', 'sky forge'), ('UC2', 'two', 'Two', 'music', 10, 'UTC', 'songs')
            """)
        )
    land_searches(database, "sky forge", "sky forge boss", "mortgage rates")
    write_topics(database, WordEncoder(), DAY)
    return database


def test_a_niche_has_its_topics_with_evidence_until_they_expire(topics: Engine) -> None:
    found = of_niche(topics, "gaming", noon(DAY))
    assert [topic.niche for topic in found] == ["gaming"] * len(found)
    first = found[0]
    assert (first.title, first.evidence[0]) == ("Sky Forge", "google_trends: sky forge")
    assert first.expires_at == noon(DAY) + timedelta(hours=24)
    assert of_niche(topics, "gaming", noon(DAY) + timedelta(hours=24)) == []
    assert of_niche(topics, "music", noon(DAY)) == []


def test_a_niche_that_is_none_is_named(topics: Engine) -> None:
    with pytest.raises(UnknownName, match="no niche 'gardening'") as refused:
        of_niche(topics, "gardening", noon(DAY))
    assert "gaming, music" in refused.value.remedy


def test_a_ranking_without_a_champion_is_by_velocity(topics: Engine, tmp_path: Path) -> None:
    ranking = predict_trends("gaming", topics, WarehouseSource(topics), tmp_path, noon(DAY))
    assert ranking.by == VELOCITY
    assert ranking.topics[0].topic == "Sky Forge"
    assert ranking.topics[0].score is None
