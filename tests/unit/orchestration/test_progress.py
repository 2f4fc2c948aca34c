"""How long work tells how far it is."""

from __future__ import annotations

from orchestration.progress import frames_teller


def test_a_render_tells_a_few_times_how_far_it_is() -> None:
    told: list[str] = []
    seconds = iter(range(0, 1000, 10))
    on_progress = frames_teller(told.append, clock=lambda: float(next(seconds)))
    for done in range(30, 1801, 30):
        on_progress(done, 1800)
    assert [line.partition(" of ")[0] for line in told] == ["360", "720", "1,080", "1,440", "1,800"]
    assert told[0] == "360 of 1,800 frames, about 40 s left"
    assert told[-1] == "1,800 of 1,800 frames"


def test_a_film_of_few_frames_ends_with_its_last() -> None:
    told: list[str] = []
    on_progress = frames_teller(told.append, clock=lambda: 0.0)
    on_progress(2, 3)
    on_progress(3, 3)
    assert told == ["2 of 3 frames, about 0 s left", "3 of 3 frames"]
