"""What the world talks about: a fixed catalogue of invented topics, and how hot each is on each day.

The log heat of a topic is a mean-reverting walk (a first-order autoregression) with rare positive shocks: most days nothing
happens, now and then a topic flares up and cools with a half-life of about eight days. Assumed constants, not fitted ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.simulator.calendar import WORLD_BEGIN
from connectors.simulator.identity import stream
from connectors.simulator.scenario import Scenario

PERSISTENCE = 0.92
STEP_SIGMA = 0.11
SHOCK_CHANCE = 0.012
SHOCK_SCALE = 0.9
HEAT_RANGE = (-1.2, 3.0)
TOPICS_PER_NICHE = 48
STORY_NICHE = "technology"
_FIRST = WORLD_BEGIN.toordinal() - 60


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that titles are made about."""

    number: int
    name: str
    niche: str
    article: str


class Topics:
    """The catalogue and its heat.

    `heat(ordinal)` gives the log heat of every topic on a day, shape (topics,). Day `d` depends on days before it only, so
    the past never changes when the world grows.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._seed = seed
        self.all = tuple(_catalogue(scenario, seed))
        self.by_niche = {
            niche: np.array([topic.number for topic in self.all if topic.niche == niche])
            for niche in (*scenario.niches, STORY_NICHE)
        }
        self._rows = [stream(seed, "heat").normal(0, STEP_SIGMA / np.sqrt(1 - PERSISTENCE**2), len(self.all))]
        self._table = np.array(self._rows)
        self._names = sorted(((topic.name.lower(), topic.number) for topic in self.all), key=lambda pair: -len(pair[0]))

    def heat(self, ordinal: int) -> np.ndarray:
        """Log heat of every topic on the day with this ordinal; days before the world began have the first day's."""
        while len(self._rows) <= ordinal - _FIRST:
            random = stream(self._seed, "heat", len(self._rows))
            count = len(self.all)
            shocks = (random.random(count) < SHOCK_CHANCE) * (0.5 + random.exponential(SHOCK_SCALE, count))
            row = PERSISTENCE * self._rows[-1] + random.normal(0, STEP_SIGMA, count) + shocks
            self._rows.append(np.clip(row, *HEAT_RANGE))
        return self._rows[max(0, ordinal - _FIRST)]

    def heats(self, first: int, last: int) -> np.ndarray:
        """Log heat on the days `first`..`last`: shape (days, topics), not to be written to."""
        self.heat(last)
        if len(self._table) < len(self._rows):
            self._table = np.array(self._rows)  # kept whole: every video of every report asks for its days
        if first >= _FIRST:
            return self._table[first - _FIRST : last - _FIRST + 1]
        return self._table[np.maximum(np.arange(first, last + 1) - _FIRST, 0)]

    def find(self, title: str) -> Topic | None:
        """The topic with the longest name that a title contains, or None."""
        text = title.lower()
        return next((self.all[number] for name, number in self._names if name in text), None)


def _catalogue(scenario: Scenario, seed: int) -> list[Topic]:
    names: list[tuple[str, str]] = []
    for niche in scenario.niches.values():
        pairs = [f"{first} {second}" for first in niche.topic_first for second in niche.topic_second]
        wanted = TOPICS_PER_NICHE - len(niche.plain_topics)
        chosen = stream(seed, "topics", niche.name).permutation(len(pairs))[:wanted]
        names += [(name, niche.name) for name in (*niche.plain_topics, *(pairs[i] for i in chosen))]
    names += [(name, STORY_NICHE) for name in scenario.story_topics]
    return [Topic(number, name, niche, name.replace(" ", "_")) for number, (name, niche) in enumerate(names)]
