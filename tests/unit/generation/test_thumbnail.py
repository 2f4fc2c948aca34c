"""Thumbnails are chosen by the model where it sees pictures, and else by what can be read."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from generation.artifacts import ArtifactStore
from generation.steps.narration import narrate
from generation.steps.thumbnail import choose_thumbnail
from generation.values import PolicyVerdict
from tests.unit.generation.fakes import MOMENT, FakeScorer, FakeVoice, budget


def test_the_model_orders_the_candidates(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    spoken = narrate(verdict, FakeVoice(), artifacts, budget(artifacts))
    scorer = FakeScorer()
    choice = choose_thumbnail(verdict, spoken, MOMENT, scorer, artifacts)
    assert {one["script"] for one in scorer.asked} == {verdict.script.spoken_text}
    assert [one.ctr for one in choice.candidates] == [0.05, 0.04, 0.03, 0.02]
    assert len({one.image.digest for one in choice.candidates}) == 4
    assert choice.reason == "highest expected click-through rate"
    with Image.open(BytesIO(artifacts.load(choice.chosen.image))) as image:
        assert (image.size, image.format) == ((1280, 720), "JPEG")


def test_a_model_without_pictures_leaves_the_choice_to_contrast(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    spoken = narrate(verdict, FakeVoice(), artifacts, budget(artifacts))
    choice = choose_thumbnail(verdict, spoken, MOMENT, FakeScorer(sees_pictures=False), artifacts)
    contrasts = [one.features["contrast"] for one in choice.candidates]
    assert contrasts == sorted(contrasts, reverse=True)
    assert "does not see pictures" in choice.reason
