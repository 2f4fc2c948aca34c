"""Sameness: words, order of scenes, cards and thumbnails of the channel's last thirty films."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

from PIL import Image, ImageDraw

from generation.artifacts import ArtifactStore
from generation.policy.variation import LAST_FILMS, sameness
from generation.values import PastVideo, Script
from tests.unit.generation.fakes import MOMENT


def picture(left: int) -> bytes:
    image = Image.new("RGB", (640, 360), (20, 20, 60))
    ImageDraw.Draw(image).rectangle((left, 40, left + 200, 300), fill=(250, 200, 40))
    content = io.BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()


def earlier(script: Script, artifacts: ArtifactStore, days: int, thumbnail: bytes | None = None) -> PastVideo:
    return PastVideo(
        title=script.title,
        published_at=MOMENT - timedelta(days=days),
        slot=f"earlier {days}",
        script=artifacts.put(script.model_dump_json().encode(), suffix=".json"),
        thumbnail=artifacts.put(thumbnail, suffix=".jpg") if thumbnail else None,
    )


def test_a_channels_first_film_repeats_nothing(script: Script, artifacts: ArtifactStore) -> None:
    found = sameness(script, picture(0), [], artifacts)
    assert (found.script, found.order, found.cards, found.thumbnail) == (0, 0, 0, 0)


def test_the_same_film_again_is_seen_in_all_its_parts(script: Script, artifacts: ArtifactStore) -> None:
    found = sameness(script, picture(0), [earlier(script, artifacts, 1, picture(0))], artifacts)
    assert (found.script, found.order, found.cards) == (1, 1, 1)
    assert found.thumbnail is not None
    assert found.thumbnail > 0.99


def test_figures_make_no_new_card_and_another_order_is_another_film(script: Script, artifacts: ArtifactStore) -> None:
    turned = script.model_copy(update={"plan": replace(script.plan, scenes=script.plan.scenes[::-1])})
    past = [earlier(turned, artifacts, 1, picture(400)), earlier(script, artifacts, 2, picture(420))]
    found = sameness(script, picture(0), past, artifacts)
    assert (found.order, found.cards) == (0.5, 1)
    assert found.thumbnail is not None
    assert found.thumbnail < 0.5


def test_only_the_last_thirty_films_count_and_not_the_slots_own_attempt(script: Script, artifacts: ArtifactStore) -> None:
    other = script.model_copy(update={"plan": replace(script.plan, scenes=script.plan.scenes[:1])})
    own = earlier(script, artifacts, 0).model_copy(update={"slot": script.slot})
    past = [own, *(earlier(other, artifacts, day) for day in range(1, LAST_FILMS + 1)), earlier(script, artifacts, 40)]
    assert sameness(script, picture(0), past, artifacts).order == 0


def test_a_lost_script_is_not_measured(script: Script, artifacts: ArtifactStore) -> None:
    lost = earlier(script, artifacts, 1, picture(0))
    assert lost.script is not None
    assert lost.thumbnail is not None
    artifacts.discard(lost.script)
    artifacts.discard(lost.thumbnail)
    found = sameness(script, picture(0), [lost], artifacts)
    assert (found.script, found.order, found.cards, found.thumbnail) == (None, None, None, None)
