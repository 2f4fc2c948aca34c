"""A film is rendered once for the same words and sound, measured in the file, and scored by what was measured."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.media.espeak import EspeakVoice
from core.errors import Damaged
from generation.artifacts import ArtifactStore
from generation.media.encoder import ffmpeg
from generation.media.plan import Bar, BarChart, ClosingCard, Scene
from generation.steps.film import render_film
from generation.steps.narration import narrate
from generation.steps.quality import ASPECTS, judge_quality
from generation.steps.thumbnail import choose_thumbnail
from generation.values import Artifact, Decision, Film, PastVideo, PolicyVerdict, QualityVerdict
from tests.unit.generation.fakes import MOMENT, FakeScorer, budget


@pytest.fixture
def brief(verdict: PolicyVerdict) -> PolicyVerdict:
    """The verdict with a film of five seconds."""
    chart = BarChart("Views gained in a day", (Bar("Modern Warfare 4", 2_345_678), Bar("Other", 640_000)), unit="views")
    scenes = (Scene("Up 2.3 million views.", chart), Scene("See you.", ClosingCard("Pixel Pulse")))
    plan = replace(verdict.script.plan, scenes=scenes)
    return verdict.model_copy(update={"script": verdict.script.model_copy(update={"plan": plan, "chapters": ()})})


def spoiled(film: Film, artifacts: ArtifactStore, arguments: tuple[str, ...]) -> Artifact:
    """The film with something done to it by ffmpeg."""
    with artifacts.workspace() as folder:
        command = [ffmpeg(), "-v", "error", "-i", str(artifacts.path(film.film)), *arguments, "-preset", "ultrafast"]
        subprocess.run([*command, "-movflags", "+faststart", str(folder / "spoilt.mp4")], check=True)
        return artifacts.put_file(folder / "spoilt.mp4")


def test_a_film_from_words_to_verdict(brief: PolicyVerdict, artifacts: ArtifactStore) -> None:
    spoken = narrate(brief, EspeakVoice(), artifacts, budget(artifacts))
    film = render_film(brief, spoken, artifacts, "landscape")
    assert (film.width, film.height, film.captions_coverage) == (1920, 1080, 1.0)
    assert len(film.posters) == len(film.scene_starts) == 2
    assert "million" in artifacts.load(film.captions).decode()
    assert film == Film.model_validate_json(film.model_dump_json())

    again = render_film(brief, spoken, artifacts, "landscape")
    assert again == film.model_copy(update={"render_seconds": 0.0})

    thumbnail = choose_thumbnail(brief, spoken, MOMENT, FakeScorer(), artifacts)
    script = artifacts.put(brief.script.model_dump_json().encode(), suffix=".json")
    past = [PastVideo(title="The same words", published_at=MOMENT - timedelta(days=2), slot="earlier", script=script)]
    first = judge_quality(brief, spoken, film, thumbnail, [], MOMENT, FakeScorer(), artifacts)
    repeated = judge_quality(brief, spoken, film, thumbnail, past, MOMENT, FakeScorer(), artifacts)
    assert first == QualityVerdict.model_validate_json(first.model_dump_json())
    assert first.score == pytest.approx(sum(ASPECTS[name] * value for name, value in first.aspects.items()), abs=0.1)
    assert (first.likelihood, first.model_version) == (51.0, "1-fake")
    assert repeated.aspects["script"] < first.aspects["script"]
    measured = {measure.name: measure for measure in first.measures}
    assert measured["plays everywhere"].points == measured["words with a caption"].points == 1
    assert measured["duration"].points < 1  # a few seconds are no film

    assert first.vetoes == ()
    spoil = ("-c:v", "copy", "-af", "volume=0"), ("-vf", "drawbox=c=black:t=fill", "-c:a", "copy")
    for arguments, veto in zip(spoil, ("LUFS", "is black"), strict=True):
        spoilt = film.model_copy(update={"film": spoiled(film, artifacts, arguments)})
        refused = judge_quality(brief, spoken, spoilt, thumbnail, [], MOMENT, FakeScorer(), artifacts)
        assert refused.decision is Decision.REJECT
        assert refused.is_refused
        assert refused.score < 40
        assert veto in " ".join(refused.vetoes)

    late = ("-c:v", "copy", "-af", "adelay=250:all=1,atrim=0:5")
    refused = judge_quality(
        brief,
        spoken,
        film.model_copy(update={"film": spoiled(film, artifacts, late)}),
        thumbnail,
        [],
        MOMENT,
        FakeScorer(),
        artifacts,
    )
    assert any("off its picture" in veto for veto in refused.vetoes)

    artifacts.path(film.film).write_bytes(b"no film")
    with pytest.raises(Damaged):
        judge_quality(brief, spoken, film, thumbnail, [], MOMENT, FakeScorer(), artifacts)
