"""The plan of a film: its JSON, and what it refuses."""

import json

import pytest

from core.errors import InvalidInput
from generation.media.picture import contrast, rgb
from generation.media.plan import PALETTES, Bar, BarChart, FilmPlan, Palette, Scene, palette_for, plan_from_json, plan_to_json
from tests.unit.generation.media.films import VISUALS, plan_of


def test_a_plan_survives_its_json():
    plan = plan_of(*VISUALS)
    assert plan_from_json(plan_to_json(plan)) == plan


def test_broken_json_is_refused_by_field():
    content = json.loads(plan_to_json(plan_of()))
    content["scenes"][2]["visual"]["bars"][0]["value"] = "many"
    with pytest.raises(InvalidInput, match=r"scenes\.2\.visual\.bar_chart\.bars\.0\.value"):
        plan_from_json(json.dumps(content).encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bar("x", -1),
        lambda: Bar("x", float("nan")),
        lambda: BarChart("x", ()),
        lambda: Scene("  ", VISUALS[0]),
        lambda: FilmPlan("t", "c", PALETTES["violet"], ()),
        lambda: Palette("red", "#000000", "#000000", "#000000"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make):
    with pytest.raises(InvalidInput):
        make()


def test_the_script_is_one_line_per_scene():
    assert plan_of(*VISUALS[:2], words="One.\n Two.").script == "One. Two.\nOne. Two."


def test_every_palette_is_legible():
    for palette in PALETTES.values():
        ground = rgb(palette.background)
        for ink, least in ((palette.text, 12), (palette.contrast, 6), (palette.muted, 6), (palette.accent, 4.2)):
            assert contrast(rgb(ink), ground) > least


def test_a_channel_keeps_its_palette():
    assert palette_for("pixel-pulse") == palette_for("pixel-pulse")
    assert len({palette_for(f"channel-{number}").accent for number in range(40)}) > 4
