"""The page on which a film plays, as the Dagster UI draws it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from generation.artifacts import ArtifactStore
from generation.retention import FILMS_KEPT
from generation.values import Decision, Film, Measure, QualityVerdict, ScoredThumbnail, ThumbnailChoice
from orchestration.viewing import delete_old_film_pages, film_page

SLOT = "2026-06-08|pixel-pulse.evening"
BAD = Measure(name="<script>alert(1)</script>", aspect="visual", value=67, unit="%", wanted="at most 40", points=0.1, weight=1)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    store = ArtifactStore(tmp_path / "artifacts")
    film = Film.model_construct(film=store.put(b"frames", suffix=".mp4"))
    picture = ScoredThumbnail(image=store.put(b"jpeg", suffix=".jpg"), style="x", features={}, ctr=0.05)
    verdict = QualityVerdict(
        slot=SLOT,
        decision=Decision.MANUAL_REVIEW,
        score=70,
        aspects={},
        measures=(BAD,),
        likelihood=51,
        model_version="1",
        reasons=("Still for 67 % of the film.",),
    )
    thumbnail = ThumbnailChoice(slot=SLOT, candidates=(picture,), model_version="1", reason="")
    return film_page(tmp_path, verdict, film, thumbnail, store)


def test_the_film_plays_beside_its_measures(page: Path) -> None:
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(page, as_version=4))
    assert f'src="data:video/mp4;base64,{base64.b64encode(b"frames").decode()}"' in html
    assert "70 of 100: manual review" in html
    assert "Still for 67 % of the film." in html
    assert "<script>alert(1)" not in html


def test_pages_go_with_their_films(page: Path, tmp_path: Path) -> None:
    day = datetime(2026, 6, 8, 12, tzinfo=UTC)
    assert delete_old_film_pages(tmp_path, day + FILMS_KEPT) == 0
    assert page.exists()
    assert delete_old_film_pages(tmp_path, day + FILMS_KEPT + timedelta(days=1)) == 1
    assert not page.exists()
