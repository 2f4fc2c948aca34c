"""The gate says no to what the facts do not say, and yes to what they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generation.policy.checks import claims_are_in_the_data
from generation.steps.topic import choose_topic
from generation.values import Script, TopicChoice, TopicKind
from generation.writing.claims import Claims
from generation.writing.facts import FactSheet
from generation.writing.local import write_locally
from generation.writing.numbers import numbers_in
from tests.unit.generation.fakes import CLOCK, SLOT, FakeScorer, FakeWarehouse, gaming_videos

UNTRUE = [
    "It gained 2.3 million likes in a day.",
    "“Modern Warfare 4” gained 2.3 million views in a week.",
    "Modern Warfare 4 has one million views.",
    "A third of all viewers saw it.",
    "It grew twelvefold.",
    "It gained 5 lakh views.",
    "½ of all views went to it.",
    "It has 1e6 views.",
    "Nine out of ten viewers watched it.",
    "Its views doubled in a day.",
    "It added a dozen million views.",
    "It has 2.5 crore views.",
    "It gained 3 M views this week.",
    "It took 20 per cent of all views.",
    "MrBeast gained 2.3 million views in a day.",
    "It rose because of the algorithm change.",
    "Thanks to a new update, it gained 2.3 million views.",
    "It gained 2.3 million views an hour.",
    "It has 2.3 million views in all.",
    "“Modern Warfare 4” by Channel C gained 640 thousand views in a day.",
    "“I played Modern Warfare 4 early” gained 2.3 million views in a day.",
    "“The Secret of Minecraft” is behind it.",
    "Taylor Swift tops the charts.",
    "It is the biggest video of all time.",
    "It will reach 10 million views tomorrow.",
    "It charts in 4 of the 5 countries.",
    "It charts in all 5 continents.",
    "“I played Modern Warfare 4 early” charts in all 5 countries.",
    "Its best place is number 3.",
    "It lost 2.3 million views in a day.",
    "It gained $3 million.",
    "It gained nearly 2 million views in a day.",
    "Millions of subscribers watched.",
    "It gained hundreds of views.",
    "It has 3.3 million views a day.",
    "It gained 2.3 million views since June 4.",
    "On June 5, it stood at 3.3 million views.",
    "On June 3, it had 1.1 million views.",
    "Two in three viewers stayed.",
    "It is 30 hours long.",
    "It is 30 minutes old.",
    "2.3 million people watched it.",
    "The typical rising Gaming video gained 2.3 million views.",
    "It gained 500 thousand views in two days.",
    "It trended number one in Germany.",
    "It quadrupled overnight.",
    "It is the fastest video on YouTube.",
    "In Britain, it is at number 1.",
    "Half a million views came today.",
    "Three quarters of a million new views in a day.",
    "It gained two million views in a day.",
    "It gained a couple of million views in a day.",
    "A 5 percent chance that the leader breaks out.",
    "Our trend model gives it a 41 percent share of all views.",
    "It grew 41 percent in a day.",
    "Pixel Pulse gained 2.3 million views.",
    "Drake gained 2.3 million views.",
    "Drake's new song is here.",
    "The reason is a new trailer.",
    "That's why it exploded.",
    "It was released on June 5.",
    "It has 12 channels behind it.",
    "Zero views came yesterday.",
    "No views were added.",
    "It gained 2,345,679 views in a day.",
    "It gained 2.3k views.",
    "It gained 2300% in a day.",
    "It made 5,00,000 views.",
    "It gained １２ million views.",
    "The 7th place is its own.",
    "Second only to Minecraft.",
    "It gained five-and-a-half million views.",
    "Gaming gained 3 million views in a day.",
    "4 videos of 3 channels are on it.",
    "3 videos of 2 channels carry it.",
    "It will double by Friday.",
    "Everybody is watching, led by PewDiePie.",
    "It beat Fortnite.",
    "It went viral after the Super Bowl.",
    "It gained 2.3 million views per minute.",
    "It tripled its views.",
    "It is ten times as big as the others.",
    "It is at 1.5 times the typical gain.",
    "MrBeast and the Charts",
    "Fortnite Gains 3M Views in a Day",
    "20 percent of its subscribers came back.",
    "It is watched by millions.",
    "It has thousands of comments.",
    "It took a quarter of all viewers.",
    "Modern Warfare 4: 3M Likes in a Day",
    "Modern Warfare 4 Hits 50 Million Views",
    "Why Modern Warfare 4 Exploded: The Algorithm",
    "“Modern Warfare 5” is here.",
    "The numbers of June 9.",
    "In July, it gained 2.3 million views.",
    "It was up 234 percent in a week.",
    "It gained 2.3 million subscribers.",
    "2.3 million subscribers joined.",
    "It has been watched for 2.3 million hours.",
    "A million views in an hour.",
    "All three countries chart it.",
    "It holds every record.",
    "Nothing grew more than “I played Modern Warfare 4 early”.",
    "The biggest mover is “I played Modern Warfare 4 early”.",
    "The most watched is “Speedrunning A Cursed Castle”.",
    "Channel Z gained 2 million views.",
    "It is 15.6 times as big as YouTube's average.",
    "It reached 1,000,000 views within 24 hours.",
    "A tenth of the views are new.",
    "It has 100% of the views.",
    "Sixty percent of all views went to it.",
    "It was boosted by fans.",
    "Fans drove it up.",
    "The leader has 640 thousand new views.",
    "The leader gained 46 thousand views in a day.",
    "“Our Quiet Farm” is at number 1.",
    "It grew by a factor of ten.",
    "It gained 2.3 billion views in a day.",
    "It gained 2.3 million views each week.",
    "It stood at 3.3 million views last month.",
    "Its audience is 70 percent male.",
    "5 channels made 3 videos about it.",
    "Elon Musk shared it.",
]
TRUE = [
    "“Modern Warfare 4” gained 2.3 million views in a day.",
    "It gained over 2 million views in a day.",
    "It gained more than two million views in a day.",
    "Almost 2.4 million new views came in a day.",
    "The leader charts in all 5 countries.",
    "Modern Warfare 4 gained 3 million views in a day.",
    "Three videos of three channels gained three million views.",
    "Our trend model gives the leader a 41 percent chance to break out within two days.",
    "“I played Modern Warfare 4 early” by Channel C added 640 thousand.",
    "On June 4, the leader stood at 836 thousand views.",
    "Modern Warfare 4 in the Charts",
    "A Game Rises",
    "How Modern Warfare 4 Gained 3M Views in a Day",
    "Why it happened, the numbers cannot say.",
    "It is a chart of June 7, 2026.",
    "We read the charts of Australia, Britain, Canada, India and the United States.",
    "Charts show what made it, not why people watched.",
    "The leader is number 1.",
    "The biggest mover is “Modern Warfare 4” by Channel B.",
    "Millions of new views came in a day.",
    "Let's dive in and see what the numbers say.",
]


@pytest.fixture(scope="module")
def claims() -> Claims:
    choice = choose_topic(SLOT, FakeWarehouse(), FakeScorer({"video000001": 0.41}), CLOCK)
    return Claims(FactSheet(choice).facts())


@pytest.mark.parametrize("text", UNTRUE)
def test_what_the_facts_do_not_say_is_refused(text: str, claims: Claims) -> None:
    assert claims.unfounded(text) != []


@pytest.mark.parametrize("text", TRUE)
def test_what_the_facts_say_is_accepted(text: str, claims: Claims) -> None:
    assert claims.unfounded(text) == []


def test_each_number_of_a_sound_script_is_checked(script: Script) -> None:
    claims = Claims(script.facts)
    assert claims.unfounded(script.narration) == []
    for number in numbers_in(script.narration):
        if number.text in ("7", "2026", "4"):  # of dates and names
            continue
        spoilt = f"{script.narration[: number.start]}987.6 million{script.narration[number.end :]}"
        assert claims.unfounded(spoilt) != [], number


def test_numbers_in_pictures_thumbnails_and_descriptions_are_checked(script: Script) -> None:
    assert list(claims_are_in_the_data(script)) == []
    figure = script.model_copy(update={"thumbnail": replace(script.thumbnail, figure="+9.1M views in a day")})
    assert [finding.where for finding in claims_are_in_the_data(figure)] == ["the thumbnail"]
    told = script.model_copy(update={"description": f"{script.description}\n9 million new views in a day."})
    assert [finding.where for finding in claims_are_in_the_data(told)] == ["the description"]
    for at, scene in enumerate(script.plan.scenes):
        if scene.visual.kind == "bar_chart":
            bars = tuple(replace(bar, value=bar.value * 2 + 1) for bar in scene.visual.bars)
            spoilt = replace(scene, visual=replace(scene.visual, bars=bars))
        elif scene.visual.kind == "title_card":
            spoilt = replace(scene, visual=replace(scene.visual, title="MrBeast Is Rising"))
        else:
            continue
        plan = replace(script.plan, scenes=(*script.plan.scenes[:at], spoilt, *script.plan.scenes[at + 1 :]))
        found = list(claims_are_in_the_data(script.model_copy(update={"plan": plan})))
        assert {finding.where for finding in found} == {"the picture"}


def test_shares_and_superlatives_of_half_known_gains_say_so(choice: TopicChoice) -> None:
    videos = [
        one.model_copy(update={"views_gained_24h": None, "growth_pct": None}) if at in (2, 5, 7) else one
        for at, one in enumerate(gaming_videos())
    ]
    partial = choice.model_copy(update={"videos": tuple(videos[:3]), "scope_videos": tuple(videos), "kind": TopicKind.TOPIC})
    sheet = FactSheet(partial)
    claims = Claims(sheet.facts())
    assert claims.unfounded("The biggest mover is “Modern Warfare 4” by Channel B.") != []
    share = f"{sheet.share_pct:.0f} percent"
    assert claims.unfounded(f"Together, these videos took {share} of all views gained in Gaming.") != []
    assert claims.unfounded(f"Together, these videos took {share} of the known new views in Gaming.") == []
    assert claims.unfounded(write_locally(sheet, SLOT).narration) == []


def test_the_thumbnail_draws_its_own_subject_in_the_order_of_time(script: Script) -> None:
    assert script.thumbnail.figure.endswith(" views in a day")
    assert [bar.label for bar in script.thumbnail.bars] == ["Jun 4", "Jun 5", "Jun 6", "Jun 7"]
