"""What is asked of a finished film: for every measured fact the values that earn points, and a floor.

A fact below its floor holds the film: a person must look at it, whatever its score. Below a *fatal* floor the film is refused: it
is black, silent, cut, out of step, unreadable or not what was planned, and no good mean makes up for that."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from generation.values import Measure

UNMEASURED_POINTS = 0.5
"""What a fact earns that could not be measured: neither good nor bad, and never all of it."""

Band = tuple[float, float, float, float]


@dataclass(frozen=True)
class Standard:
    """What is asked of one fact.

    Attributes:
        aspect, name, unit, weight: of the measure.
        wanted: the best values, in words.
        band: all points between the first two, none beyond the last two, a straight line between.
        floor: the least and the largest value that is let pass.
        breach: what is wrong beyond the floor, a sentence with the `value`.
        is_fatal: whether the film is refused then.
    """

    aspect: str
    name: str
    unit: str
    wanted: str
    band: Band
    weight: float
    floor: tuple[float, float]
    breach: str
    is_fatal: bool = False

    def judge(self, value: float | None) -> Measure:
        """The measure of a value; None for what could not be measured."""
        if value is None:
            breach = f"“{self.name.capitalize()}” was not measured." if self.is_fatal else ""
            points = UNMEASURED_POINTS
        else:
            value = min(max(value, -99.0), 9999.0)
            low, high = self.floor
            breach = "" if low <= value <= high else self.breach.format(value=value)
            points = points_of(value, self.band)
        return Measure(
            name=self.name,
            aspect=self.aspect,
            value=None if value is None else round(value, 2),
            unit=self.unit,
            wanted=self.wanted,
            points=round(points, 3),
            weight=self.weight,
            floor=self._floor(),
            breach=breach,
            is_fatal=self.is_fatal and value is not None and bool(breach),
        )

    def _floor(self) -> str:
        low, high = self.floor
        if low == -inf:
            return f"at most {high:g}"
        return f"{low:g} or more" if high == inf else f"{low:g} to {high:g}"


def points_of(value: float, band: Band) -> float:
    """1 between the first two numbers of the band, 0 beyond the last two, a straight line between."""
    low, high, nothing_low, nothing_high = band
    if low <= value <= high:
        return 1.0
    edge, nothing = (low, nothing_low) if value < low else (high, nothing_high)
    return max(0.0, 1 - (value - edge) / (nothing - edge)) if nothing != edge else 0.0


def _at_most(
    aspect: str, name: str, unit: str, best: float, none: float, weight: float, floor: float, breach: str, *, fatal: bool = False
) -> Standard:
    """Of a fact that should be small: `best` earns all, `none` nothing."""
    return Standard(aspect, name, unit, f"at most {best:g}", (-inf, best, -inf, none), weight, (-inf, floor), breach, fatal)


def _at_least(
    aspect: str, name: str, unit: str, best: float, none: float, weight: float, floor: float, breach: str, *, fatal: bool = False
) -> Standard:
    """Of a fact that should be large: `best` earns all, `none` nothing."""
    return Standard(aspect, name, unit, f"{best:g} or more", (best, inf, none, inf), weight, (floor, inf), breach, fatal)


def _within(
    aspect: str,
    name: str,
    unit: str,
    band: Band,
    weight: float,
    floor: tuple[float, float],
    breach: str,
    *,
    fatal: bool = False,
) -> Standard:
    """Of a fact that should be neither small nor large."""
    return Standard(aspect, name, unit, f"{band[0]:g} to {band[1]:g}", band, weight, floor, breach, fatal)


def _yes(aspect: str, name: str, wanted: str, weight: float, breach: str, *, fatal: bool = False) -> Standard:
    """Of what is so (1) or not (0)."""
    return Standard(aspect, name, "", wanted, (1, 1, 0, 1), weight, (1, 1), breach, fatal)


_ALL = (
    # Script
    _at_least("script", "claims found in the data", "%", 100, 90, 3, 100, "Only {value:.0f} % of the claims are in the data."),
    _at_least("script", "reading ease", "Flesch", 75, 20, 2, 10, "The words are hard to follow: a reading ease of {value:.0f}."),
    _at_most("script", "shared with earlier scripts", "%", 10, 50, 3, 50, "{value:.0f} % of the script is an earlier one."),
    _at_most(
        "script", "films with the same order", "%", 20, 100, 1.5, 90, "{value:.0f} % of the last films have scenes in this order."
    ),
    _at_most("script", "cards of earlier films", "%", 20, 100, 1.5, 90, "{value:.0f} % of the cards were in an earlier film."),
    _within(
        "script",
        "length of the title",
        "characters",
        (30, 70, 5, 110),
        1,
        (5, 100),
        "The title has {value:.0f} characters.",
    ),
    # Sound
    _within(
        "audio",
        "loudness",
        "LUFS",
        (-16, -12, -24, -6),
        2,
        (-24, -8),
        "The sound is at {value:.0f} LUFS, not near -14.",
        fatal=True,
    ),
    _at_most("audio", "true peak", "dBTP", -1, 0.5, 0.5, 0.5, "The sound clips: its peak is {value:.1f} dBTP.", fatal=True),
    _at_least(
        "audio",
        "peaks over the loudness",
        "dB",
        10,
        5,
        0.5,
        8,
        "The sound is crushed: {value:.1f} dB between peaks and rest.",
        fatal=True,
    ),
    _at_most("audio", "silence", "%", 3, 30, 1, 15, "The film is silent for {value:.0f} % of its time.", fatal=True),
    _at_most(
        "audio",
        "difference of the channels",
        "dB",
        1,
        12,
        0.5,
        6,
        "One side is {value:.0f} dB louder than the other.",
        fatal=True,
    ),
    _within("audio", "pace", "words/min", (135, 165, 70, 240), 2, (75, 230), "{value:.0f} words are said in a minute."),
    _at_most(
        "audio",
        "longer than the picture, or shorter",
        "s",
        0.1,
        1,
        0.5,
        0.5,
        "Sound and picture differ by {value:.1f} s in length.",
        fatal=True,
    ),
    _at_least(
        "audio",
        "likeness to the narration",
        "%",
        90,
        50,
        0.5,
        75,
        "The sound is not the narration: {value:.0f} % alike.",
        fatal=True,
    ),
    _at_most("audio", "sound off its time", "s", 0.06, 0.3, 0.5, 0.13, "The sound is {value:.2f} s off its picture.", fatal=True),
    _at_most("audio", "speech lost", "s", 0.2, 1, 0.5, 0.4, "{value:.1f} s of the speech cannot be heard.", fatal=True),
    _at_most("audio", "speech left out", "%", 1, 5, 0.5, 3, "{value:.0f} % of the narration was cut out.", fatal=True),
    _at_least(
        "audio", "speech over the rest", "dB", 18, 8, 0.5, 12, "The speech is only {value:.0f} dB above the rest.", fatal=True
    ),
    _at_least(
        "audio",
        "words with a voice",
        "%",
        85,
        50,
        0.5,
        70,
        "A voice is heard in only {value:.0f} % of the time of words.",
        fatal=True,
    ),
    _at_least(
        "audio",
        "rests between words",
        "%",
        90,
        50,
        0.5,
        75,
        "The voice rests in only {value:.0f} % of the rests between words.",
        fatal=True,
    ),
    # Picture
    _at_least(
        "visual", "height of the picture", "px", 1080, 480, 0.25, 720, "The picture is only {value:.0f} pixels high.", fatal=True
    ),
    _yes(
        "visual",
        "asked size and rate",
        "yes",
        0.25,
        "The film is not of the size and frame rate that were asked for.",
        fatal=True,
    ),
    _yes(
        "visual",
        "plays everywhere",
        "H.264, 4:2:0, streamable",
        1,
        "Some players cannot play the film, or not before it is there.",
    ),
    _at_most("visual", "damaged places", "", 0, 1, 0.25, 0, "The decoder found {value:.0f} damaged places.", fatal=True),
    _at_most(
        "visual",
        "off the planned length",
        "s",
        0.1,
        1,
        0.25,
        0.25,
        "The film ends {value:.1f} s off its planned end.",
        fatal=True,
    ),
    _at_most("visual", "black", "s", 0, 0.5, 0.25, 0, "The picture is black for {value:.2f} s or longer.", fatal=True),
    _at_most(
        "visual", "frozen", "s", 1, 2, 0.25, 1.4, "The picture is frozen for {value:.1f} s while words are spoken.", fatal=True
    ),
    _at_most(
        "visual",
        "still above the captions",
        "%",
        20,
        75,
        6,
        60,
        "Nothing moves above the captions for {value:.0f} % of the time.",
    ),
    _at_least(
        "visual", "filled above the captions", "%", 40, 5, 4, 8, "The frame is empty: {value:.0f} % of it shows something."
    ),
    _at_least(
        "visual",
        "likeness to the plan",
        "%",
        90,
        40,
        0.25,
        60,
        "A picture is not the planned one: {value:.0f} % alike.",
        fatal=True,
    ),
    _at_most(
        "visual",
        "off the planned colours",
        "",
        4,
        20,
        0.25,
        10,
        "The colours are {value:.0f} of 255 off those planned.",
        fatal=True,
    ),
    _within(
        "visual",
        "sharpness of the picture",
        "",
        (0.85, 1.25, 0.4, 2.5),
        0.25,
        (0.65, 1.7),
        "The picture is blurred or noisy: its edges are {value:.2f} of those planned.",
        fatal=True,
    ),
    _at_most(
        "visual", "grain", "", 1.2, 4, 0.25, 2, "The picture is noisy: plain parts of it vary by {value:.1f} of 255.", fatal=True
    ),
    _at_least(
        "visual", "captions shown", "%", 99, 80, 0.25, 95, "Only {value:.0f} % of the captions are shown as planned.", fatal=True
    ),
    _at_most("visual", "without a caption", "s", 0, 1.5, 0.25, 0.5, "A caption is missing for {value:.2f} s.", fatal=True),
    _at_least(
        "visual", "words with a caption", "%", 98, 80, 0.25, 95, "Only {value:.0f} % of the words have a caption.", fatal=True
    ),
    _at_least(
        "visual",
        "contrast of the captions",
        ":1",
        7,
        3,
        0.25,
        4.5,
        "The captions have a contrast of only {value:.1f}:1.",
        fatal=True,
    ),
    _at_least(
        "visual",
        "contrast of labels",
        ":1",
        4.5,
        2,
        0.25,
        3,
        "Labels stand out from their ground by only {value:.1f}:1.",
        fatal=True,
    ),
    _at_least(
        "visual",
        "sharpness of the captions",
        "",
        0.9,
        0.5,
        0.25,
        0.75,
        "The captions are blurred: their edges are {value:.2f} of those drawn.",
        fatal=True,
    ),
    _within(
        "visual", "seconds per picture", "s", (2.5, 7, 1, 20), 1.5, (1, 20), "A picture stands for {value:.0f} s on the mean."
    ),
    # What makes viewers stay
    _within("engagement", "duration", "s", (45, 90, 10, 240), 3, (10, 900), "The film lasts {value:.0f} s."),
    _at_most("engagement", "first number is said at", "s", 6, 25, 2, 40, "No number is said before {value:.0f} s."),
    _within("engagement", "words of the thumbnail", "", (1, 4, 0, 9), 1, (1, 8), "The thumbnail has {value:.0f} words."),
    _at_least(
        "engagement", "contrast of the thumbnail", "", 0.2, 0.02, 1, 0.03, "The thumbnail is flat: a contrast of {value:.2f}."
    ),
    _at_most(
        "engagement", "likeness to earlier thumbnails", "%", 60, 100, 1, 97, "The thumbnail is an earlier one, to {value:.0f} %."
    ),
)

STANDARDS = {one.name: one for one in _ALL}
"""Every standard by the name of its fact, in the order of the report."""
