"""What a language model adds around a text is taken out; what says nothing is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.writing.plain import plain_line, residue, says_something, spoken_only

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
        f"Voice Over - {SAID}",
        f"NARRATOR — {SAID}",
        f"**Scene 1**\n{SAID}",
        f"Narration for scene 2: {SAID}",
        f"# Intro\n{SAID}",
        f"Runners up: {SAID}",
        f"Text on screen: {SAID}",
        f"[SFX: whoosh] {SAID}",
        f"♪ {SAID} ♪",
        f"🔥🔥 {SAID} 🔥",
        f"\u202e{SAID}\u202c\u200b",
        f"{SAID[:9]}\u00ad{SAID[9:]}\x00\ud83d",
        SAID.replace("Modern", "𝐌𝐨𝐝𝐞𝐫𝐧").replace("4", "４"),
        f"[00:15] {SAID}",
        f"0:00 - 0:12 {SAID}",
        f"- {SAID}",
        f"1. {SAID}",
        f"---\n{SAID}\n---",
        f"_{SAID}_",
        f"~~{SAID}~~",
        f"<!-- intro --> {SAID}",
        f"{SAID}\\n",
        f"{SAID} #gaming #shorts",
        f"{SAID}\n\nNote: I kept it short.",
        f"{SAID}\n\n(Word count: 10)",
        f"Absolutely! Here you go:\n{SAID}",
        f"Okay, here's a fresh take: {SAID}",
        f"Hello everyone! {SAID}",
        f"Hey guys, welcome back to the channel! {SAID}",
        f"Sprecher: {SAID}",
        f"Szene 2: {SAID}",
        f"Voix off : {SAID}",
        f"(Musik) {SAID}",
        f"Gerne! Hier ist der Text für die Szene:\n{SAID}",
        f"¡Claro! Aquí tienes el guion: {SAID}",
        f"Bien sûr ! Voici le script : {SAID}",
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
        "The data: charts of five countries.",
        "FIFA: the game rose.",
        "Tom & Jerry made it to № 1, at 20 °C.",
        "Hi-Fi Rush gained most.",
        "Great videos are here: they rose.",
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
        ("Title - A Game Rises", "A Game Rises"),
        ("Titel: „A Game Rises“", "A Game Rises"),
        ('A "Game" Rises', "A Game Rises"),
        ("“A Game Rises", "A Game Rises"),
        ("A Game Rises | #gaming", "A Game Rises"),
        ("🔥 A Game Rises ＃gaming 🔥", "A Game Rises"),
        ("Option 1: A Game Rises\nOption 2: Another", "A Game Rises"),
        ("#Shorts", ""),
        ("History: A Game Rises", "History: A Game Rises"),
        ("A Game’s Rise", "A Game’s Rise"),
    ],
)
def test_titles_are_plain(written, title):
    assert plain_line(written) == title


@pytest.mark.parametrize(
    "written",
    ["🔥🔥🔥", "...", "[music]", "(applause)", "*", "", "123", "Narrator:", "<break/>", "ok", "TBD", "N/A", "x x x", "...🔥..."],
)
def test_a_scene_that_says_nothing_is_seen(written):
    assert not says_something(spoken_only(written))


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (f'{{"narration": "{SAID}"}}', "{"),
        (f"As an AI language model, I say: {SAID}", "As an AI"),
        (f"{SAID} [insert the name of the video that gained most of all of them here, in small letters]", "["),
        (f"{SAID} <<b>>", "<"),
        (f"{SAID} see https://example.com/x", "https:"),
        (f"{SAID} C:\\temp", "\\"),
        (SAID, ""),
        ("It is number #1, at 50% & rising.", ""),
    ],
)
def test_what_cannot_be_taken_out_is_told(written, left):
    assert residue(spoken_only(written)) == left


@given(st.text(st.sampled_from("ab :#*[]()<>/\"'“”\n`.1"), max_size=60))
def test_any_text_becomes_one_line_without_brackets_around_directions(text):
    once = spoken_only(text)
    assert once == " ".join(once.split())
