"""Rendering beside encoding: what drawing a film costs on top of what its encoder needs anyway.

Each round renders a film and then encodes the very same frames, kept in memory, so that both meet the same machine. Prints one
JSON line per round and a summary; the ratio is the figure to compare, seconds are of this machine.

    python benchmarks/render.py [--seconds 20] [--rounds 3] [--threads 2] [--orientation landscape]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from connectors.media.espeak import EspeakVoice
from generation.media import sound
from generation.media.compose import compose
from generation.media.encoder import Encoder
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
)
from generation.media.probe import probe
from generation.media.render import render
from generation.media.timeline import Orientation, Timeline, build_timeline

_BARS = tuple(Bar(f"Video number {number} with a title of usual length", 90_000 / number, "A channel") for number in range(1, 7))
_SCENES = (
    Scene("One topic is back. In two days, one video gained 3.4M views, and it is not alone.", TitleCard("One topic is back")),
    Scene(
        "The number that matters: 3.4M new views in 48 hours.", BigNumber(3.4e6, "new views in 48 hours", "The number", sign="+")
    ),
    Scene(
        "Six videos rise faster than the rest. Number one gains 90K views per hour, twice as many as the next.",
        BarChart("The fastest risers", _BARS, highlight=0),
    ),
    Scene(
        "Look at the curve. It was flat for three days, then it bent upward, and it has not come back since.",
        LineChart("Views since publication", (Series("Views", tuple(Point(f"Day {day}", day**3 * 1e4) for day in range(1, 9))),)),
    ),
    Scene(
        "Day by day the order changed. On Monday the first led; by Friday the others had overtaken it.",
        BarRace(
            "Views by topic",
            tuple(
                RaceStep(day, tuple(Bar(name, (place * shift + 3) * 1e5) for place, name in enumerate("ABCDEF")))
                for shift, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri"))
            ),
        ),
    ),
    Scene("So what should you watch? Here is the list, from one to six, ranked by views.", RankingList("Ranked", _BARS)),
    Scene(
        "That was the week. Come back tomorrow: the chart will have moved again.", ClosingCard("Come back tomorrow", "Subscribe")
    ),
)


def film_of(seconds: float, orientation: Orientation) -> Timeline:
    """A film of at least `seconds`: every kind of scene in turn, spoken by the local voice."""
    scenes: tuple[Scene, ...] = ()
    while True:
        scenes += (_SCENES[len(scenes) % len(_SCENES)],)
        plan = FilmPlan("Benchmark", "Benchmark", PALETTES["violet"], scenes, seed=1)
        timeline = build_timeline(plan, EspeakVoice().speak(plan.script, language=plan.language), orientation=orientation)
        if timeline.duration_seconds >= seconds:
            return timeline


def encode_only(timeline: Timeline, threads: int, folder: Path) -> tuple[float, float]:
    """Encode the film's own frames and sound, made beforehand: wall seconds, and CPU seconds of the encoder."""
    wav = folder / "sound.wav"
    sound.write_wav(sound.mix(timeline), wav)
    frames = [frame.copy() for frame in compose(timeline)]
    begun = time.perf_counter()
    output = folder / "encoded.mp4"
    with Encoder(timeline.width, timeline.height, timeline.fps, sound=wav, output=output, threads=threads) as encoder:
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
    return time.perf_counter() - begun, encoder.cpu_seconds


def main() -> None:
    """Run the rounds and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="length of the film; memory needed is 93 MB per second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--orientation", choices=["landscape", "portrait"], default="landscape")
    arguments = parser.parse_args()
    timeline = film_of(arguments.seconds, arguments.orientation)
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(arguments.rounds):
            report = render(timeline, folder / "film.mp4", threads=arguments.threads)
            encode_seconds, encode_cpu = encode_only(timeline, arguments.threads, folder)
            ratios.append(report.seconds_wall / encode_seconds)
            figures = {
                "round": number,
                "render_seconds": report.seconds_wall,
                "encode_only_seconds": encode_seconds,
                "ratio": ratios[-1],
                "compose_cpu_seconds": report.compose_cpu_seconds,
                "render_cpu_seconds": report.cpu_seconds,
                "encode_only_cpu_seconds": encode_cpu,
            }
            print(json.dumps({key: round(value, 3) for key, value in figures.items()}), flush=True)
        begun = time.perf_counter()
        facts = probe(folder / "film.mp4")
        summary = {
            "benchmark": "render",
            "orientation": arguments.orientation,
            "film_seconds": round(timeline.duration_seconds, 2),
            "median_ratio": round(statistics.median(ratios), 3),
            "probe_seconds": round(time.perf_counter() - begun, 3),
            "loudness_lufs": facts.loudness_lufs,
            "size_mb": round(facts.size_bytes / 1e6, 2),
        }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
