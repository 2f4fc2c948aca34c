"""Titles of other people's videos, made fit to be read aloud and drawn; and how alike two texts are.

Chart titles come from outside: emojis, hashtags, shouting, links, any script of the world. They are data, never instructions,
and are only ever quoted in the cleaned form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_BRACKETED = re.compile(r"[\(\[\{【][^\)\]\}】]*[\)\]\}】]")
_LINK = re.compile(r"https?://\S+|www\.\S+|\b[\w-]+\.(?:com|net|org|tv|gg|io|ly|me|be)\b\S*", re.IGNORECASE)
_TAG = re.compile(r"[#@][\w.]+")
_SECTION = re.compile(r"\s*[|•·│]+\s*|\.{3,}")
_DASH = re.compile(r"\s+-+\s+")
_MASKED = re.compile(r"\w\*+\w|\w\*{2,}")
_BOILERPLATE = frozenset(
    (
        *("official", "trailer", "teaser", "video", "audio", "lyric", "lyrics", "visualizer", "visualiser", "visual"),
        *("reaction", "hd", "4k", "live", "mv", "m/v", "music", "full", "song"),
    )
)
_SMALL = frozenset(
    (
        *("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "of", "on", "or", "the", "to", "vs", "with", "x"),
        *("feat", "ft"),
    )
)
_SHORT = frozenset(
    (
        *("all", "are", "be", "can", "day", "did", "do", "get", "go", "got", "he", "her", "his", "i'm", "is", "it", "its"),
        *("man", "me", "my", "new", "no", "not", "one", "our", "out", "so", "two", "up", "was", "we", "who", "you"),
    )
)
"""Short words that are no names: in a shouted title they lose their capitals, unlike GTA."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FOLDED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})


def cut(text: str, words_count: int) -> str:
    """The first words of a text, without a small word or a mark at the end."""
    words = text.split()[:words_count]
    while len(words) > 1 and words[-1].lower() in _SMALL:
        words.pop()
    return " ".join(words).strip(" ,.:;-&")


def words_of(text: str) -> list[str]:
    """The words of a text, lower-case and without accents."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED)).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(plain)]


def quotable(title: str, limit: int = 60) -> str:
    """Shorten a title to what an English voice can read: at most `limit` characters, cut between words.

    Returns an empty string when little of it is in Latin letters, when it masks a word with asterisks, or nothing is left.
    """
    kept = _TAG.sub(" ", _LINK.sub(" ", _BRACKETED.sub(" ", title))).translate(_FOLDED)
    sections = [cleaned for raw in _SECTION.split(kept) if (cleaned := _parts(raw))]
    if not sections or _latin_share(kept) < 0.6 or _MASKED.search(title):
        return ""
    parts = sections[0]
    if sum(map(len, parts)) < 12 and len(sections) > 1:  # "LIVE | ..." says too little
        parts = [*parts, *sections[1]]
    text = parts[0]
    for part in parts[1:2]:  # "Madonna - Bring Your Love": artist and song belong together
        if len(text) + len(part) + 2 <= limit and not _BOILERPLATE & set(words_of(part)):
            text = f"{text}, {part}"
    words = [bare for word in _unshouted(text).split() if (bare := _unquoted(word))]
    while len(words) > 1 and _is_boilerplate(words[-1]) and not all(map(_is_boilerplate, words[:-1])):
        words.pop()
    while len(" ".join(words)) > limit and len(words) > 1:
        words.pop()
        while len(words) > 1 and words[-1].lower() in _SMALL:
            words.pop()
    return " ".join(words)[:limit].strip(" ,.:;!?-'\"&")


def named_topic(topic: str) -> str:
    """Write a topic as a name: words that are all small or all large get a capital, except short ones in capitals (GTA)."""
    return " ".join(word.capitalize() if word.islower() or (word.isupper() and len(word) > 3) else word for word in topic.split())


def channel_name(title: str, limit: int = 40) -> str:
    """A channel's name as it may be said: `quotable`, without the marks that YouTube adds to artists' channels."""
    return quotable(re.sub(r"(?:\s+-\s+Topic|VEVO)$", "", title.strip(), flags=re.IGNORECASE), limit)


def shared_run(titles: Sequence[str], wanted: str) -> str:
    """The longest run of words around `wanted` that all titles share, spelt as in the first: `warfare 4` → `Modern Warfare 4`.

    Returns `wanted` itself when they share no more, or it is not a run of words of the first.
    """
    spelt = _WORD.findall(titles[0].translate(_FOLDED))
    first, core = [" ".join(words_of(word)) for word in spelt], words_of(wanted)
    others = [f" {' '.join(words_of(title))} " for title in titles[1:]]
    starts = [at for at in range(len(first) - len(core) + 1) if first[at : at + len(core)] == core]
    if not starts or not core:
        return wanted
    begin, end = starts[0], starts[0] + len(core)

    def is_shared(left: int, right: int) -> bool:
        return all(f" {' '.join(first[left:right])} " in other for other in others)

    while begin and is_shared(begin - 1, end):
        begin -= 1
    while end < len(first) and is_shared(begin, end + 1):
        end += 1
    while begin < starts[0] and first[begin] in _SMALL | _BOILERPLATE:
        begin += 1
    while end > starts[0] + len(core) and first[end - 1] in _SMALL | _BOILERPLATE:
        end -= 1
    return " ".join(spelt[begin:end])


def similarity(one: str, other: str, size: int = 1) -> float:
    """How alike two texts are, 0 to 1: shared runs of `size` words over all runs (Jaccard)."""
    left, right = _shingles(one, size), _shingles(other, size)
    if not left or not right:
        return 0.0
    return len(left & right) / len(left | right)


def contains_words(text: str, wanted: str) -> bool:
    """Whether all words of `wanted` occur in a text, as whole words."""
    needed = words_of(wanted)
    return bool(needed) and set(needed) <= set(words_of(text))


def _shingles(text: str, size: int) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def _unquoted(word: str) -> str:
    """Take quotation marks off a word; `Studios'` keeps its apostrophe."""
    return word.lstrip("'") if word.lower().endswith("s'") and not word.startswith("'") else word.strip("'")


def _is_boilerplate(word: str) -> bool:
    return word.lower().strip(",.:;!?") in _BOILERPLATE


def _parts(section: str) -> list[str]:
    return [part for raw in _DASH.split(section) if (part := _drawable(raw))]


def _drawable(text: str) -> str:
    """Latin letters, digits, spaces and plain punctuation; words of other scripts, emojis and symbols go."""
    plain = "".join(c if c.isalnum() or c in " ',.:;!?&+-/%$" else " " for c in unicodedata.normalize("NFKC", text))
    words = [word for word in plain.split() if _latin_share(word) == 1.0 or not any(c.isalpha() for c in word)]
    return " ".join(words).strip(" ,.:;!?-&/+\"'")


def _latin_share(text: str) -> float:
    letters = [c for c in text if c.isalpha()]
    return sum("LATIN" in unicodedata.name(c, "") for c in letters) / len(letters) if letters else 0.0


def _unshouted(text: str) -> str:
    """Give shouted words a capital only, and leave short ones (GTA, FIFA) as they are."""
    words = text.split()
    is_loud = sum(len(word) > 3 and word.isupper() for word in words) > len(words) / 3
    if is_loud:
        return " ".join(_quiet(word, is_first=not at) for at, word in enumerate(words))
    return " ".join(word.capitalize() if len(word) > 4 and word.isupper() and word.isalpha() else word for word in words)


def _quiet(word: str, *, is_first: bool) -> str:
    plain = word.lower()
    if plain in _SMALL and not is_first:
        return plain
    is_name = len(word) <= 3 and word.isalnum() and plain not in _SMALL | _SHORT
    return word if is_name else word.capitalize()
