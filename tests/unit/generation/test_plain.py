"""What a language model adds around a text is taken out; what says nothing is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.writing.plain import plain_line, says_something, spoken_only

SAID = "Modern Warfare 4 gained 2.3 million views in a day."


@pytest.mark.parametrize(
    "written",
    [
        SAID,
        f"Voiceover: {SAID}",
        f"**Narrator:** {SAID}",
        f"NARRATOR (excited): {SAID}",
        f"Scene 2: {SAID}",
        f"Scene 2 - The chart: {SAID}",
        f"Host 1: {SAID}",
        f"[music] {SAID}",
        f"{SAID} [upbeat music fades]",
        f"(dramatic pause) {SAID}",
        f"*laughs* {SAID}",
        f'{SAID} <break time="1s"/>',
        f"<speak>{SAID}</speak>",
        f"Sure! Here is the narration: {SAID}",
        f"Certainly! Here's the script for this scene:\n\n{SAID}",
        f"Sure! {SAID}",
        f"Of course. Here is a draft of the text:\n{SAID}\n\nLet me know if you want changes!",
        f"```\n{SAID}\n```",
        f'"{SAID}"',
        f"“{SAID}”",
        f"### {SAID}",
        f"[Intro]\nNarrator: {SAID}\n[Cut to chart]",
    ],
)
def test_only_what_is_to_be_said_is_left(written):
    assert spoken_only(written) == SAID


@pytest.mark.parametrize(
    "written",
    [
        "Here is what happened: the game rose.",
        "The title says it all: a war begins.",
        "Sure, it fell (by 3 percent) on Monday.",
        "“No way,” he said, “not again.”",
        "This is the third week in a row.",
        "It is number #1 in five countries.",
        "The host country won.",
    ],
)
def test_what_belongs_to_the_text_stays(written):
    assert spoken_only(written) == written


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"A Game Rises"', "A Game Rises"),
        ("Title: “A Game Rises”", "A Game Rises"),
        ("A Game Rises #gaming #shorts", "A Game Rises"),
        ("A #Game Rises", "A Game Rises"),
        ("**A Game Rises**", "A Game Rises"),
        ("A Game Rises to #1", "A Game Rises to #1"),
    ],
)
def test_titles_are_plain(written, title):
    assert plain_line(written) == title


@pytest.mark.parametrize("written", ["🔥🔥🔥", "...", "[music]", "(applause)", "*", "", "123", "Narrator:", "<break/>"])
def test_a_scene_that_says_nothing_is_seen(written):
    assert not says_something(spoken_only(written))


@given(st.text(st.sampled_from("ab :#*[]()<>/\"'“”\n`.1"), max_size=60))
def test_any_text_becomes_one_line_without_brackets_around_directions(text):
    once = spoken_only(text)
    assert once == " ".join(once.split())
