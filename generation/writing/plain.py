"""What a language model adds to a text that is no part of it: labels, stage directions, markup, greetings, quotation marks and
hashtags. They are taken out; what is left is refused where it says nothing."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^\s*```[a-z]*\s*|\s*```\s*$", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_LINK = re.compile(r"!?\[([^\]]*)\]\(https?://[^)\s]*\)")
_SPEAKERS = r"voice[\s-]?over|narrat(?:or|ion)|host|speaker|announcer|v\.?o\.?|anchor|presenter"
_SECTIONS = (
    r"hook|intro(?:duction)?|outro|cta|call to action|title|headline|script|text|caption|visuals?|audio|sfx|body|conclusion|"
    r"on[\s-]?screen(?: text)?|thumbnail(?: headline)?"
)
_LABEL = re.compile(
    rf"^\W{{0,4}}(?:(?:{_SPEAKERS})(?:\s*(?:\d+|\([^)]{{0,30}}\)))?|(?:{_SECTIONS})|(?:scene|part|section|shot|clip|segment)\s*#?\d+"
    r"(?:\s*[-–—(][^:\n]{0,40})?)[\s*_]{0,4}[:：][\s*_]{0,4}",
    re.IGNORECASE,
)
_DIRECTION = re.compile(r"\[[^\[\]]{1,60}\]|【[^【】]{1,60}】|\*[^*\n]{1,40}\*(?=\s|$)")
_PLAYED = (
    r"music|sound|sfx|applause|laugh(?:s|ter|ing)?|sighs?|pauses?|beat|cut to|fade|zoom|b-?roll|cue|whoosh|upbeat|"
    r"dramatic(?:ally)?|excited(?:ly)?|whisper(?:s|ing)?|on[\s-]?screen|transition|intro|outro|silence|clears throat|"
    r"cheer(?:s|ing)?|smil(?:es|ing)"
)
_PLAYED_IN_ROUND = re.compile(rf"\([^()]{{0,40}}\b(?:{_PLAYED})\b[^()]{{0,40}}\)", re.IGNORECASE)
_GREETING = re.compile(
    r"^\s*(?:(?:sure|certainly|of course|absolutely|great|okay|ok|got it|no problem)\b[^.!:\n]{0,40}[.!:,]\s*)?"
    r"(?:here(?:'|’)?s|here (?:is|are)|below (?:is|are)|this is|i(?:'|’)ve (?:written|created))\b[^.!:\n]{0,80}"
    r"\b(?:script|narration|title|headline|text|scene|version|draft|voice-?over)s?\b[^.!:\n]{0,60}[:.!]\s*|"
    r"^\s*(?:sure|certainly|of course|absolutely)(?:\s*(?:thing|!|,))*[!.]\s+",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"\s*(?:let me know if|i hope this|feel free to|would you like me to|hope (?:this|that) helps)\b[^\n]*$", re.IGNORECASE
)
_HASHTAGS = re.compile(r"(?:(?:^|\s)#[^\W\d]\w*)+\s*$")
_HASHTAG = re.compile(r"(?<!\w)#(?=[^\W\d])")
_QUOTES = "\"'“”„‟‘’«»‹›「」『』`"
_PAIRS = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›", "「": "」", "『": "』", "`": "`"}


def spoken_only(text: str) -> str:
    """What is said of a hosted narration: without labels, stage directions, markup and remarks to whoever asked. On one line."""
    text = _TAG.sub(" ", _LINK.sub(r"\1", _FENCE.sub("", text)))
    text = _FAREWELL.sub("", _GREETING.sub("", text))
    lines = (_without_directions(line) for line in text.splitlines())
    return _unquoted(_tidy(" ".join(line for line in lines if line)))


def plain_line(text: str) -> str:
    """A title or headline as it is to be read: also without hashtags and the quotation marks around it."""
    return _unquoted(_tidy(_HASHTAG.sub("", _HASHTAGS.sub("", spoken_only(text)))))


def says_something(text: str) -> bool:
    """Whether a text has words to say: not emoji, dots or digits alone."""
    return sum(character.isalpha() for character in text) >= 2


def _without_directions(line: str) -> str:
    before = ""
    while before != line:  # a label may stand behind another: "**Scene 1** Narrator: …"
        before, line = line, _LABEL.sub("", line, count=1)
    line = _PLAYED_IN_ROUND.sub(" ", _DIRECTION.sub(_kept, line))
    return line.strip()


def _kept(found: re.Match[str]) -> str:
    """Emphasis is kept as its words; what is in square brackets, or is played and not said, goes."""
    inner = found.group()
    if inner[0] == "*" and not re.search(rf"\b(?:{_PLAYED})\b", inner, re.IGNORECASE):
        return inner.strip("*")
    return " "


def _tidy(text: str) -> str:
    text = re.sub(r"\*\*|__|(?<!\w)[#>]{1,6}\s+", " ", text)
    return re.sub(r"\s+([,.!?;:])", r"\1", " ".join(text.split()))


def _unquoted(text: str) -> str:
    """Without a pair of quotation marks around the whole."""
    while len(text) > 1 and _PAIRS.get(text[0]) == text[-1] and not set(text[1:-1]) & {text[0], text[-1]}:
        text = text[1:-1].strip()
    return text
