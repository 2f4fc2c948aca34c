"""A film with every kind of scene, and a narration for any plan that needs no voice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from connectors.media.speech import caption_words, sentences_of, time_sentences, time_words
from connectors.media.voice import Narration, to_wav
from generation.media.plan import (
    PALETTES,
    Bar,
    BarChart,
    BarRace,
    BigNumber,
    ClosingCard,
    FilmPlan,
    LineChart,
    Point,
    RaceStep,
    RankingList,
    Scene,
    Series,
    TitleCard,
    Visual,
)

RATE = 22050
BARS = (Bar("Ocean world", 71_000, "MineCrafter"), Bar("Trailer 3", 38_400, "GameTalk"), Bar("東京 Game Show 🎮", 8_120))
VISUALS: tuple[Visual, ...] = (
    TitleCard("Minecraft is back on top", "Gaming charts", "What five countries watched"),
    BigNumber(3_400_000, "new views in 48 hours", "The number", sign="+", note="Five countries"),
    BarChart("Fastest risers", BARS, highlight=0, note="Views per hour"),
    LineChart(
        "Views since publication",
        (
            Series("This week", tuple(Point(f"Jun {day}", day**3 * 1000.0) for day in range(1, 9))),
            Series("Last week", tuple(Point(f"Jun {day}", day * 40_000.0) for day in range(1, 9))),
        ),
    ),
    BarRace(
        "By topic", tuple(RaceStep(f"Day {day}", tuple(replace(bar, value=bar.value * day) for bar in BARS)) for day in (1, 2, 3))
    ),
    RankingList("Ranked", BARS, unit="views"),
    ClosingCard("Come back tomorrow", "Subscribe", "Source: YouTube charts"),
)


def plan_of(*visuals: Visual, words: str = "It gained 3.4M views.", language: str = "en-US") -> FilmPlan:
    """A plan that says the same words over each picture."""
    scenes = tuple(Scene(words, visual) for visual in visuals or VISUALS)
    return FilmPlan("A film", "Pixel Pulse", PALETTES["violet"], scenes, language=language, seed=1)


def narration_of(plan: FilmPlan, seconds_per_word: float = 0.3, pause: float = 0.5) -> Narration:
    """A narration of hums: one per sentence, every word equally long."""
    captions = caption_words(plan.script, language=plan.language)
    clock, words, sound = 0.0, [], []
    for first, last in sentences_of(captions):
        length = (last - first) * seconds_per_word
        words += time_words(captions[first:last], [], clock, clock + length)
        hum = np.sin(np.arange(round(length * RATE)) * 2 * np.pi * 220 / RATE) * 8000
        sound += [hum, np.zeros(round(pause * RATE))]
        clock = sum(map(len, sound)) / RATE
    wav = to_wav(np.concatenate(sound).astype(np.int16), RATE)
    return Narration(wav, RATE, tuple(words), time_sentences(captions, words), "hum", plan.language)
