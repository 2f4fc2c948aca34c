"""Whether a text says only what the facts say: the one check of everything that is spoken, drawn and written.

A number must be that of a fact of the same kind, said of the same subject and for the same time: a day's gain is not a count of
all views, the leader's gain not the runner-up's. Names, titles, superlatives, causes and forecasts must be in the facts too. What
is not understood is refused: a script that is refused is written again, one that is wrong is watched.

A text in another language than English is read for its numbers and dates alone, in English notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from generation.values import Fact, FactKind
from generation.writing.numbers import Form, Spoken, numbers_in, plain_digits
from generation.writing.vocabulary import is_ordinary

_FIRST_MARK, _LAST_MARK = "\ue000", "\uf8ff"
_MARK = re.compile(f"[{_FIRST_MARK}-{_LAST_MARK}]")
_BY = re.compile(f"([{_FIRST_MARK}-{_LAST_MARK}])\\s+(?:by|from)\\s+([{_FIRST_MARK}-{_LAST_MARK}])")
_SENTENCE = re.compile(r"(?<=[.!?…])[”\"’)]*\s+|\n+")
_CLAUSE = re.compile(
    r"[,;:()]\s|\s[-–—·|]\s|\s(?:and|but|while|whereas|or)\s(?!(?:a\s+)?half)|(?<=[^\d\s])[,;:]|[?!]\s", re.IGNORECASE
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTH = "|".join((*_MONTHS, *(month[:3] for month in _MONTHS), "Sept"))
_WORD = re.compile(r"[^\W\d_]+(?:['’&.-][^\W\d_]+)*(?:['’](?!\w))?")
_QUOTED = re.compile(r"[“„«\"]([^”“»\"]{1,120})[”“»\"]|(?<!\w)[‘']([^’']{2,120})[’'](?!\w)")

_UNITS = {
    **dict.fromkeys(("view", "views"), "views"),
    **dict.fromkeys(("country", "countries", "nation", "nations"), "countries"),
    **dict.fromkeys(("video", "videos"), "videos"),
    **dict.fromkeys(("channel", "channels"), "channels"),
    **dict.fromkeys(("place", "places", "entries", "spots"), "places"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), "hours"),
    **dict.fromkeys(("day", "days"), "days"),
}
_FOREIGN = frozenset(
    (
        *(
            "like",
            "dislike",
            "comment",
            "subscriber",
            "sub",
            "share",
            "follower",
            "fan",
            "viewer",
            "watcher",
            "player",
            "download",
        ),
        *("stream", "play", "sale", "ticket", "dollar", "euro", "pound", "rupee", "cent", "buck", "minute", "second", "week"),
        *("month", "year", "decade", "century", "person", "user", "member", "click", "impression", "listener", "reader", "vote"),
        *("star", "point", "goal", "award", "record", "city", "state", "region", "continent", "language", "season", "episode"),
        *("creator", "youtuber", "household", "household", "time", "kilometer", "meter", "mile", "degree", "gamer", "buyer"),
    )
)
_PEOPLE = frozenset(("people", "children", "men", "women", "folks", "humans", "watchtime"))
_PARTS_OF = (Form.PERCENT, Form.SHARE, Form.VAGUE)
_OF = re.compile(
    r"^(?:\s*(?:[%‰]|per ?cent|percentage points?))?(?:\s+of)?(?:\s+(?:all|the|its|their|every|these|those|our|known))*", re.I
)
_BETWEEN = frozenset(
    ("new", "more", "fresh", "extra", "additional", "charting", "chart", "other", "different", "rising", "further")
)
_STOP = frozenset(
    (
        *("of", "in", "on", "at", "a", "an", "the", "and", "or", "but", "since", "than", "for", "to", "from", "with", "so", "as"),
        *("yesterday", "today", "overnight", "there", "now", "alone", "each", "every", "per", "already", "are", "is", "was"),
        *("were", "came", "come", "have", "had", "has", "that", "which", "by", "within", "over", "up", "behind", "ahead", "then"),
        *("it", "its", "them", "these", "those", "this", "while", "when", "during", "before", "after", "through", "gained"),
        *("added", "fewer", "less", "in", "total", "altogether", "overall", "so", "still", "here", "who", "what", "how", "not"),
        *("we", "they", "charts", "chart", "across", "against", "would", "will", "can", "also", "just", "out", "where", "once"),
        *("took", "more", "known", "whose", "old"),
    )
)
_HOUR = r"(?:per|an|each|every|one)\s+hour|hourly|views?/h(?:our)?|an hour"
_DAY = (
    r"(?:in|within|over|during|of|than|for)?\s*(?:a|one|1|the|that|this|single|past|last|each|per|every|a single|one single|"
    r"the (?:last|past)|its last|the day's)\s+day\b(?!s)|(?:last|past|24|twenty-four)[\s-]+hours|overnight|since yesterday|"
    r"since the day before|the day before|a day before|day's|today's|yesterday|\bday\b"
)
_LONG = (
    r"\b(?:weeks?|weekly|weekend|fortnight|months?|monthly|years?|yearly|annual(?:ly)?|decades?|century|centuries|quarter(?=ly))"
    r"(?:['’]s)?\b"
)
_SPANS = (
    ("long", re.compile(_LONG, re.IGNORECASE)),
    ("other", re.compile(r"\b(?:per|a|an|each|every|one)\s+(?:minute|second)\b|\bminutes?\b|\bseconds\b", re.IGNORECASE)),
    (
        "other",
        re.compile(
            r"\b(?:in|within|over|during|for|last|past|first|next)\s+(?:the\s+)?(?:last\s+|past\s+|first\s+|next\s+|only\s+|just\s+)?"
            r"(?!(?:24|twenty-four|one|1|a)\b)[\w-]+\s+(?:hours|days)\b",
            re.IGNORECASE,
        ),
    ),
    ("hour", re.compile(_HOUR, re.IGNORECASE)),
    ("day", re.compile(_DAY, re.IGNORECASE)),
)
_GAIN = re.compile(
    r"\b(?:gain\w*|add(?:s|ed|ing)?|new|fresh|extra|more|up|rose|rise[sn]?|rising|grew|grow(?:s|n|ing|th)?|increas\w+|climb\w*|"
    r"jump\w*|pick(?:s|ed)? up|put on|pull\w* in|won|win|earn\w*|attract\w*|collect\w*|rack\w* up|took|takes?|brought|drew|came|"
    r"fewer|pace|surg\w+|soar\w+|made|got|gets|less than a day old|additional)\b|^\s*\+|\s\+",
    re.IGNORECASE,
)
_LOSS = re.compile(
    r"\b(?:lost|los(?:es?|ing)|dropp?\w*|fell|fall(?:s|en|ing)?|down|declin\w+|shr[aiu]nk\w*|shed|minus|decreas\w+)\b", re.I
)
_TOTAL = re.compile(
    r"\b(?:in all|in total|total|so far|altogether|overall|st[ao]nds?|stood|counter|has|have|had|counts?|reached|reaches|passed|"
    r"at|of its|watched|viewed|all-time|ever|already)\b",
    re.IGNORECASE,
)
_TYPICAL = re.compile(
    r"\b(?:typical\w*|median|middle of the (?:field|pack)|average video|ordinary|usual(?:ly)?|normal\w*)\b", re.I
)
_CHANCE = re.compile(r"\b(?:chances?|likel\w+|probab\w+|odds|break(?:s|ing)?[\s-]?out|model|scored)\b", re.IGNORECASE)
_AVERAGE = re.compile(r"\b(?:average|mean|on the whole|videos we scored)\b", re.IGNORECASE)
_SHARED = re.compile(r"\b(?:share|of (?:all|the|every|those|its)|took|takes?|part)\b", re.IGNORECASE)
_GREW = re.compile(
    r"\b(?:gr[eo]w\w*|growth|up|rose|ris(?:e|es|en|ing)|increas\w+|jump\w*|climb\w*|surg\w+|more)\b", re.IGNORECASE
)
_DOUBLED = re.compile(r"(?:ed|es|ing|s|d)$|fold$|^double$", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"\b(?:more than|over|above|at least|no (?:less|fewer) than|exceed\w*|upwards? of|beyond|topp\w+|surpass\w*|passed|past|"
    r"north of)\s+(?:an?\s+|the\s+)?$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"\b(?:less than|fewer than|under|below|nearly|almost|close to|up to|as many as|short of)\s+(?:an?\s+)?$", re.I
)
_MINUS = re.compile(r"(?:^|[\s(“])[-−–]$")
_MONEY = re.compile(r"(?:[$€£₹¥₩]|\b(?:USD|EUR|INR|Rs\.?))\s*$", re.IGNORECASE)
_PLACE = re.compile(
    r"(?:\b(?:number|place|rank(?:ed|s)?|position|spot|no\.?)|#)(?:\s+(?:is|of|at))?\s*:?\s*(?:number\s+)?$", re.I
)
_OF_WHOLE = re.compile(r"\bof\s+(?:the\s+|all\s+)?$", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every one of)\s+(?:the\s+|of the\s+)?$", re.IGNORECASE)
_ALL_VIEWS = re.compile(r"\b(?:all|every|whole|entire|total)\b", re.IGNORECASE)
_NO_VIEWS = re.compile(r"\b(?:no|not a single|not one|zero|0)\s+(?:new\s+|more\s+)?views?\b", re.IGNORECASE)
_KNOWN = re.compile(r"\bknown\b", re.IGNORECASE)

_CAUSE = re.compile(
    r"\b(?:because|due to|thanks to|owing to|on account of|as a result|result(?:s|ed|ing)? (?:of|from|in)|caus(?:e|es|ed|ing)|"
    r"(?:driven|drives?|fuel(?:l?ed|s)?|spark(?:ed|s)?|trigger(?:ed|s)?|powered|boost(?:ed|s)?|pushed|helped|lifted|propelled|"
    r"prompted|inspired) by|(?:drove|pushed|sent|lifted|helped|carried|propelled) (?:it|its|them|the|this|that)|"
    r"drives|fuels|sparks|triggers|sparked|triggered|fuel(?:l?ed)|boosted|led to|leads to|explains?|"
    r"reasons?|th(?:at|is)(?: is|['’]s) why|which is why|here(?: is|['’]s) why|therefore|hence|thus|owes?|credits?|"
    r"in response to|in the wake of|on the back of|since the (?:release|launch|news|update|change)|"
    r"after (?:the|a|an|its|his|her|their) (?!day)\w+|following (?:the|a|an|its|his|her|their)|"
    r"algorithms?|went viral|controvers\w+|scandal\w*)\b",
    re.IGNORECASE,
)
_UNSAID = re.compile(r"\b(?:not|cannot|can['’]t|never|nothing|no)\b", re.IGNORECASE)
_FORECAST = re.compile(
    r"(?:\b(?:will|shall|going to|gonna|set to|about to|bound to|poised to|on track (?:to|for)|expected to|sure to|"
    r"destined to)|['’]ll)\b"
    r"(?:\s+\w+){0,4}?\s+(?:reach|hit|pass|cross|double|triple|grow|gain|overtake|beat|break|explode|become|top|surpass|rise|climb|"
    r"lead|win|be|have|stand)\b",
    re.IGNORECASE,
)
_MOST_GAIN = re.compile(
    r"\b(?:biggest|largest|greatest|highest|strongest|top)\s+(?:mover|gain(?:er)?|jump|rise|climb(?:er)?|growth|winner|surge)s?\b|"
    r"\b(?:gain(?:s|ed)?|grew|grows?|moved?|added|rose|climbed)\s+(?:the\s+)?(?:most|fastest)\b|\bfastest(?:[- ]growing)?\b|"
    r"\b(?:nothing|none|no one|nobody|no (?:other )?(?:video|channel|song|game)|not one)\b[^.!?]*\b(?:more|faster|bigger)\b|"
    r"\bmore (?:views )?than (?:any|every|all)\b|\b(?:biggest|largest|greatest)\b|\bwhat moved most\b",
    re.IGNORECASE,
)
_MOST_VIEWS = re.compile(r"\bmost[- ](?:watched|viewed|seen|views)\b|\bhighest (?:count|total|number)", re.IGNORECASE)
_WIDE = re.compile(
    r"\b(?:anywhere|on (?:all of )?youtube|everywhere|in the world|on the internet|on the planet)\b", re.IGNORECASE
)
_NUMBER_ONE = re.compile(
    r"\b(?:number|no\.?|spot|place|rank)\s*(?:one|1)\b(?!\d)|#\s?1\b(?!\d)|\btop(?:s|ped|ping) (?:the|of|every)|"
    r"\b(?:at|on) (?:the )?(?:very )?top\b(?! tenth)|\bfirst place\b|\bchart-topp\w+|\bin first\b",
    re.IGNORECASE,
)
_UNHEARD = re.compile(
    r"\b(?:records?|record-\w+|all-time|ever before|of all time|in history|unprecedented|unmatched|unbeaten|never before|"
    r"like never|historic|(?:releas|publish|upload|launch|premier|announc|debut)\w*|came out|"
    r"world['’]s|for the first time|first ever|best ever|most popular (?!charts?\b)|(?:most|biggest) ever)\b",
    re.IGNORECASE,
)
_IT = re.compile(
    r"\b(?:it(?!\s+(?:sees|gives|says|puts|expects|shows))|its|this video|that video|the video|he|she|his|her)\b", re.I
)
_LEADER = re.compile(r"\bthe (?:leader|lead|front-?runner|biggest mover)\b", re.IGNORECASE)
_THEY = re.compile(r"\b(?:these videos|those videos|all of them|together|the topic)\b", re.IGNORECASE)
_DOES = re.compile(
    r"\s*(?:has|have|had|is|was|are|were|gain\w*|add\w*|grew|grows?|rose|rises|got|gets|made|makes|took|takes|won|wins|lead\w*|beat\w*|"
    r"reach\w*|hit|hits|climb\w*|jump\w*|top\w*|surg\w+|explod\w+|double[sd]|triple[sd]|charts?|stands?|stood|dominat\w+|overtook|"
    r"overtakes|breaks|broke|drops?|dropped|fell|falls|lost|loses|draws|drew|pulls|pulled|goes|went|comes|came|returns?|joins?)\b"
)
_LITTLE = frozenset(
    (
        *("a", "an", "and", "are", "at", "for", "here", "how", "i", "in", "is", "it", "of", "on", "or", "that", "the", "these"),
        *("this", "those", "we", "what", "when", "where", "who", "why"),
    )
)
_ACTS = re.compile(rf"(?!\s*charts?\b){_DOES.pattern}")
_ALWAYS = frozenset(("YouTube", "YouTube's", "I", "API", "UTC", "AD", "OK", "TV", "AI", "Shorts", "Subscribe"))


@dataclass(frozen=True)
class _Mention:
    """Whom a text speaks of at a place; empty `of` for what it spoke of last."""

    start: int
    end: int
    of: frozenset[str]


@dataclass
class _Reading:
    """One text as it is read: whom it spoke of last."""

    carried: frozenset[str]
    found: list[str] = field(default_factory=list)


class Claims:
    """What may be said by a set of facts."""

    def __init__(self, facts: Sequence[Fact], *, is_english: bool = True) -> None:
        self._is_english = is_english
        self._numbers = [fact for fact in facts if fact.number is not None]
        self._kinds = {fact.name: fact for fact in facts}
        self._day = self._text("read_on")
        self._year = self._text("day")[-4:]
        self._subject = self._kinds["subject"].of if "subject" in self._kinds else ""
        self._default = frozenset({"topic", "scope", "video_1"})
        names = _names(facts)
        self._of = list(names.values())
        self._words: frozenset[str] = frozenset(word for name in names for word in _WORD.findall(name)) | {self._year}
        self._words = frozenset(self._words | {word.removesuffix("'s").removesuffix("’s") for word in self._words})
        self._marks = {name: chr(ord(_FIRST_MARK) + at) for at, name in enumerate(names)}
        own = [fact for fact in facts if fact.name in ("scope", "channel", "subject") and not fact.of.startswith("video")]
        forever = {fact.text for fact in own if len(fact.text) > 2}
        free = [name for name in names if name in forever or not _is_mistakable(name)]
        self._quoted = _any_of(names, "[“\"‘']", "[”\"’']")
        self._free = _any_of(free, r"(?<![\w'’])", r"(?!\w)")
        self._by = _any_of([name for name in names if name not in free], r"(?<=\bby )", r"(?![\w])")

    def unfounded(self, text: str) -> list[str]:
        """What a text claims and the facts do not say, each as a phrase; in order, without doubles."""
        masked = self._masked(plain_digits(text).replace("YouTube Data API", "the service"))
        if not self._is_english:
            return list(dict.fromkeys(self._loose(masked)))
        reading = _Reading(frozenset({self._subject}) if self._subject.startswith(("video", "topic")) else self._default)
        is_titled = _is_title_case(masked)
        for sentence in filter(str.strip, _SENTENCE.split(re.sub(r"\bNo\. (?=\d)", "number ", masked))):
            reading.found += self._names_in(sentence, is_titled=is_titled)
            reading.found += _causes_in(sentence)
            reading.found += self._superlatives_in(sentence, reading)
            self._count(sentence, reading)
        return list(dict.fromkeys(reading.found))

    def _text(self, name: str) -> str:
        return self._kinds[name].text if name in self._kinds else ""

    # Names

    def _masked(self, text: str) -> str:
        """The text with a mark in place of each known name."""
        if mark := self._mark_of(text.strip(" “”\"'")):
            return mark
        text = self._quoted.sub(lambda found: self._marks[found["name"]], text)
        text = _QUOTED.sub(lambda found: self._mark_of(found[1] or found[2]) or found.group(), text)
        for pattern in (self._free, self._by):
            text = pattern.sub(lambda found: self._marks[found["name"]], text)
        return text

    def _mark_of(self, text: str) -> str:
        """The mark of a name, or of the one name that begins with these words ("Modern Warfare 4: 10 details …"); else empty."""
        if text in self._marks:
            return self._marks[text]
        begun = text.rstrip(".… ")
        longer = [name for name in self._marks if name.startswith(f"{begun} ")] if len(begun.split()) > 1 else []
        return self._marks[longer[0]] if longer else ""

    def _names_in(self, sentence: str, *, is_titled: bool) -> Iterator[str]:
        for quoted in _QUOTED.finditer(sentence):
            inner = quoted[1] or quoted[2]
            if not _MARK.search(inner) and (len(inner.split()) > 2 or any(word[:1].isupper() for word in inner.split())):
                yield f"the title “{inner}”"
        for number in reversed(numbers_in(sentence)):
            if number.is_written:  # the M of 1.2M is no name
                sentence = f"{sentence[: number.start]}{'0' * (number.end - number.start)}{sentence[number.end :]}"
        words = list(_WORD.finditer(sentence))
        for at, found in enumerate(words):
            word = re.sub(r"['’]s?$", "", found.group())
            if self._is_name(word, found, words[at + 1] if at + 1 < len(words) else None, sentence, is_titled=is_titled):
                yield f"the name “{word}”"

    def _is_name(self, word: str, found: re.Match[str], next_: re.Match[str] | None, sentence: str, *, is_titled: bool) -> bool:
        if len(word) < 2 or not any(map(str.isupper, word)) or {word, found.group()} & (_ALWAYS | self._words):
            return False
        if any(map(str.isupper, word[1:])):
            return not (word.isupper() and is_ordinary(word))
        before = sentence[: found.start()].rstrip(" “\"'‘(+")
        begins = not before or before[-1] in ":.!?·|–—-\n"
        if is_titled or begins:
            if is_ordinary(word):
                return False
            if is_titled:
                return True
            behind = sentence[found.end() :]
            is_possessed = found.group() != word
            goes_on = next_ is not None and next_.group()[:1].isupper() and next_.start() == found.end() + 1
            return is_possessed or goes_on or _DOES.match(behind) is not None or word.istitle()
        return not (word in _MONTHS or _is_weekday(word) or word.lower() in _LITTLE)

    # Causes, forecasts, superlatives

    def _superlatives_in(self, sentence: str, reading: _Reading) -> Iterator[str]:
        if match := _UNHEARD.search(sentence):
            yield f"“{match.group().strip()}”"
        if match := _BY.search(sentence):
            one, other = (set(self._of[ord(mark) - ord(_FIRST_MARK)]) for mark in (match[1], match[2]))
            if not one & other and any(of.startswith("video") for of in one) and all(of.startswith("video") for of in other):
                yield "a video of another channel"
        named = {
            of for mark in _MARK.findall(sentence) for of in self._of[ord(mark) - ord(_FIRST_MARK)] if of.startswith("video")
        }
        for pattern, wanted in ((_MOST_GAIN, "largest_gain"), (_MOST_VIEWS, "most_views")):
            if match := pattern.search(sentence):
                held = [fact for fact in self._kinds.values() if fact.name.startswith(wanted)]
                is_open = any(fact.kind is not FactKind.KNOWN_LARGEST or _KNOWN.search(sentence) for fact in held)
                if _WIDE.search(sentence):
                    is_open = is_open and self._text("scope") == "YouTube" and any(fact.of == "scope" for fact in held)
                if not is_open or (named and "video_1" not in named):
                    yield f"“{match.group().strip()}”"
        if match := _NUMBER_ONE.search(sentence):
            whom = self._whom(sentence, match.start(), reading)
            if not any(fact.unit == "rank" and fact.number == 1 and fact.of in whom for fact in self._numbers):
                yield f"“{match.group().strip()}”"

    # Numbers

    def _count(self, sentence: str, reading: _Reading) -> None:
        if (match := _NO_VIEWS.search(sentence)) and match.group()[0] not in "0zZ":
            reading.found += [f"“{match.group()}”"]
        numbers = numbers_in(sentence, with_ones=True)
        edges = [0, *(found.end() for found in _CLAUSE.finditer(sentence)), len(sentence)]
        for number in numbers:
            clause = next(sentence[a:b] for a, b in pairwise(edges) if a <= number.start < b or b == len(sentence))
            if not self._is_said(number, sentence, clause, reading):
                reading.found.append(number.text)
        if (match := _SPANS[0][1].search(sentence)) and (numbers or _GAIN.search(sentence)):
            reading.found.append(f"“{match.group()}”")
        mentions = [one for one in self._mentions(sentence, reading) if one.of - {"scope", "", "country"}]
        if mentions:
            reading.carried = mentions[-1].of

    def _is_said(self, number: Spoken, sentence: str, clause: str, reading: _Reading) -> bool:
        before, after = sentence[: number.start], sentence[number.end :]
        unit = _unit_of(number, before, after)
        if number.form is Form.COUNT and not number.is_written and number.value in (0, 1) and unit not in ("countries", "views"):
            return True
        if unit == "year":
            return number.text == self._year
        if unit is None:
            return False
        whom = self._whom(sentence, number.start, reading)
        is_loss = _MINUS.search(before) is not None or (_LOSS.search(clause) is not None and unit in ("views", "", "percent"))
        limits = _Limits(number, before, is_loss=is_loss)
        found = [fact for fact in self._fitting(number, unit, sentence, clause, before, whom) if limits.hold(fact)]
        if unit == "countries" and _ALL.search(before):
            return bool(found) and any(fact.name == "countries_read" and limits.hold(fact) for fact in self._numbers)
        if any(fact.kind is FactKind.KNOWN_SHARE for fact in found) and not _KNOWN.search(sentence):
            return False
        return bool(found)

    def _fitting(
        self, number: Spoken, unit: str, sentence: str, clause: str, before: str, whom: frozenset[str]
    ) -> Iterator[Fact]:
        """The facts that a number may be: of this unit, subject and time."""
        units = {"share": ("percent",), "": ("views", "countries", "videos", "channels", "rank")}.get(unit, (unit,))
        kinds = _kinds_of(number, unit, sentence, clause)
        dates = {self._dates(mark) for mark in _MARK.findall(sentence)} - {""}
        is_past = bool(dates - {self._day})
        is_gain = kinds is not None and FactKind.GAIN in kinds and FactKind.TOTAL not in kinds
        if is_past and is_gain and unit in ("views", "") and _span_of(clause) != "day":
            return  # "gained since June 4" is no fact
        for fact in self._numbers:
            if fact.unit not in units and not (fact.unit == "percent" and unit == "times" and fact.kind is FactKind.GROWTH):
                continue
            if not self._is_of(fact, unit, before, sentence, whom):
                continue
            if fact.kind is FactKind.READING:
                if fact.text in dates and (kinds is None or FactKind.TOTAL in kinds):
                    yield fact
            elif is_past and fact.kind is FactKind.TOTAL and unit in ("views", ""):
                continue
            elif kinds is None or fact.kind in kinds:
                yield fact

    def _is_of(self, fact: Fact, unit: str, before: str, sentence: str, whom: frozenset[str]) -> bool:
        if fact.unit == "countries" and unit == "countries":
            is_named = any(of.startswith("video") for of in whom) and not self._default <= whom
            return fact.of == "" if _OF_WHOLE.search(before) or not is_named else fact.of in whom
        if fact.unit == "percent" and fact.kind is FactKind.CHANCE and _AVERAGE.search(sentence):
            is_mean = re.search(r"\b(?:average|mean)\b", before[-60:], re.IGNORECASE) is not None
            return fact.of == "scope" if is_mean else fact.of in whom
        if fact.kind is FactKind.TYPICAL:
            return True  # the word typical names its subject
        if fact.unit in ("videos", "channels"):
            return fact.of in ("", "topic", "scope")
        return fact.of == "" or fact.of in whom

    def _loose(self, masked: str) -> Iterator[str]:
        """The numbers of a text that no fact rounds to, whatever they are said of."""
        for number in numbers_in(masked):
            values = [fact.number for fact in self._numbers if fact.number is not None]
            shares = [fact.number / 100 for fact in self._numbers if fact.number is not None and fact.unit == "percent"]
            if number.text != self._year and not any(map(number.matches, shares if number.form is Form.SHARE else values)):
                yield number.text

    # Whom a text speaks of

    def _dates(self, mark: str) -> str:
        of = self._of[ord(mark) - ord(_FIRST_MARK)]
        return next((one.removeprefix("on ") for one in of if one.startswith("on ")), "")

    def _mentions(self, sentence: str, reading: _Reading) -> list[_Mention]:
        found = []
        for match in _MARK.finditer(sentence):
            of = frozenset(one for one in self._of[ord(match.group()) - ord(_FIRST_MARK)] if not one.startswith("on "))
            if of:
                found.append(_Mention(*match.span(), of))
        found += [_Mention(*match.span(), frozenset({"video_1"})) for match in _LEADER.finditer(sentence)]
        found += [_Mention(*match.span(), reading.carried) for match in _IT.finditer(sentence)]
        whole = frozenset({"scope"}) if self._subject == "scope" else frozenset({"topic"})
        found += [_Mention(*match.span(), whole) for match in _THEY.finditer(sentence)]
        return _together(sentence, sorted(found, key=lambda one: one.start))

    def _whom(self, sentence: str, at: int, reading: _Reading) -> frozenset[str]:
        """Whom a number at a place is said of."""
        mentions = self._mentions(sentence, reading)
        acting = [one for one in mentions if one.of - {"scope", ""} or _ACTS.match(sentence[one.end :])]
        before = [one for one in acting if one.end <= at]
        if before:
            return before[-1].of
        behind = [one for one in acting if one.start > at and one.of - {"scope", "", "country"}]
        if behind:
            return behind[0].of
        return self._default | reading.carried


def unfounded(text: str, facts: Sequence[Fact], *, is_english: bool = True) -> list[str]:
    """As `Claims.unfounded`, for one text."""
    return Claims(facts, is_english=is_english).unfounded(text)


class _Limits:
    """Between which numbers of the data a number of a text is true."""

    def __init__(self, number: Spoken, before: str, *, is_loss: bool) -> None:
        self._number, self._is_loss = number, is_loss
        self._is_least, self._is_most = _AT_LEAST.search(before) is not None, _AT_MOST.search(before) is not None

    def hold(self, fact: Fact) -> bool:
        """Whether a fact's number is what the text says."""
        assert fact.number is not None
        actual, number = fact.number, self._number
        if (actual < 0) != self._is_loss and actual:
            return False
        actual = abs(actual)
        if fact.unit == "percent":
            if number.form is Form.SHARE:
                actual /= 100
            elif number.form is Form.TIMES:
                actual = 1 + actual / 100
        if number.form is Form.VAGUE:
            return 2 * number.value <= actual < 1000 * number.value
        if self._is_least:
            return number.value <= actual < 2 * number.value
        if self._is_most:
            return number.value / 1.1 <= actual <= number.value
        return number.matches(actual)


def _names(facts: Iterable[Fact]) -> dict[str, set[str]]:
    """Every name and date that may be said, in each of its spellings, with whom or what it names."""
    names: dict[str, set[str]] = {}
    for fact in facts:
        if fact.number is not None and fact.kind is not FactKind.READING:
            continue
        if not fact.text or fact.kind in (FactKind.LARGEST, FactKind.KNOWN_LARGEST, FactKind.MOST_VIEWS):
            continue
        if fact.name == "countries":
            for country in re.split(r", | and ", fact.text):
                names.setdefault(country, set()).add("country")
            names.setdefault(fact.text, set()).add("")
        elif fact.kind is FactKind.READING or fact.name in ("read_on", "day"):
            month_day = fact.text.split(",")[0]
            month, _, day = month_day.partition(" ")
            year = fact.text.partition(", ")[2]
            spellings = {fact.text, f"{month[:3]} {day}", f"{day} {month}", f"{day} {month} {year}".strip()}
            spellings |= {f"{month} {day}{_ordinal(day)}", f"{day}{_ordinal(day)} of {month}"}
            for spelling in spellings:
                names.setdefault(spelling, set()).add(f"on {month_day}")
        else:
            names.setdefault(fact.text, set()).add(fact.of)
    return dict(sorted(names.items(), key=lambda one: -len(one[0])))


def _ordinal(day: str) -> str:
    return {"1": "st", "2": "nd", "3": "rd"}.get(day[-1:], "th") if day not in ("11", "12", "13") else "th"


def _any_of(names: Iterable[str], left: str, right: str) -> re.Pattern[str]:
    choices = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"
    return re.compile(f"{left}(?P<name>{choices}){right}")


def _is_mistakable(name: str) -> bool:
    """Whether a name may be taken for words or numbers of a sentence: then it is one in quotation marks or behind "by" only."""
    rest = name
    for number in reversed(numbers_in(name, with_ones=True)):
        rest = rest[: number.start] + rest[number.end :]
    words = [word for word in _WORD.findall(rest) if word.lower() not in _UNITS]
    has_number = rest != name
    return len(name) < 3 or (has_number and not words) or (len(words) <= 1 and not has_number and all(map(is_ordinary, words)))


def _is_title_case(masked: str) -> bool:
    words = [word for word in _WORD.findall(masked) if len(word) > 3]
    return sum(word[0].isupper() for word in words) > 0.6 * len(words) and not re.search(r"\.\s", masked.strip())


def _is_weekday(word: str) -> bool:
    return word in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _causes_in(sentence: str) -> Iterator[str]:
    if (match := _CAUSE.search(sentence)) and not _UNSAID.search(sentence[: match.start()]):
        yield f"the cause “{' '.join(sentence[match.start() :].split()[:4]).rstrip('.,')}”"
    if (match := _FORECAST.search(sentence)) and not _CHANCE.search(sentence):
        yield f"“{match.group().strip()}”"


def _unit_of(number: Spoken, before: str, after: str) -> str | None:
    """What a number counts: a unit of the facts, `share`, `year`; empty where the text does not say, None for others."""
    forms = {Form.PERCENT: "percent", Form.SHARE: "share", Form.TIMES: "times", Form.ORDINAL: "rank"}
    letters = re.search(r"\d([^\W\d_]+)$", number.text)
    is_date = re.search(rf"\b(?:{_MONTH})\.?\s+$", before, re.IGNORECASE) or re.match(rf"\s+(?:of\s+)?(?:{_MONTH})\b", after)
    unit: str | None
    if _MONEY.search(before) or (number.form in _PARTS_OF and _unit_behind(_OF.sub("", after, count=1)) is None):
        unit = None
    elif number.form in forms:
        unit = forms[number.form]
    elif letters and not numbers_in(f"1 {letters[1]}")[0].value > 1:
        unit = _UNITS.get(letters[1].lower())
    elif _PLACE.search(before):
        unit = "rank"
    elif is_date:
        unit = None
    elif number.is_written and re.fullmatch(r"(?:19|20)\d\d", number.text) and not re.match(r"\s+[a-z]*views", after):
        unit = "year"
    else:
        unit = _unit_behind(_OF.sub("", after, count=1) if number.form is Form.VAGUE else after)
    return unit


def _unit_behind(after: str) -> str | None:
    words = re.match(r"(?:[\s-]*[^\W\d_][\w'’-]*)*", after)
    unknown = ""
    for word in (words.group() if words else "").replace("-", " ").lower().split()[:4]:
        if word in _UNITS:
            return _UNITS[word]
        if word in _PEOPLE or word in _FOREIGN or word.removesuffix("s") in _FOREIGN or word.removesuffix("es") in _FOREIGN:
            return None
        if word in _BETWEEN:
            continue
        if word in _STOP:
            break
        unknown = unknown or word
    return None if unknown.endswith("s") and not is_verb(unknown) else ""


def is_verb(word: str) -> bool:
    """Whether a word that ends in s says what is done, not what is counted."""
    return _DOES.fullmatch(word) is not None


def _span_of(text: str) -> str:
    return next((name for name, pattern in _SPANS if pattern.search(text)), "")


def _kinds_of(number: Spoken, unit: str, sentence: str, clause: str) -> set[FactKind] | None:
    """The kinds of facts that a number may be by the words around it; None for any."""
    if unit in ("percent", "share"):
        return _kinds_of_percent(sentence, clause)
    if unit == "times":
        return {FactKind.RATIO} | ({FactKind.GROWTH} if _DOUBLED.search(number.text) else set())
    return _kinds_of_views(number, unit, sentence, clause) if unit in ("views", "") else None


def _kinds_of_views(number: Spoken, unit: str, sentence: str, clause: str) -> set[FactKind]:
    """The same for views, and for a number that may be of views: by the time that is named, or by what is said to be done."""
    plain = set() if unit else {FactKind.PLAIN}
    around = clause.replace(number.text, " ", 1)
    others = " ".join(part for part in _CLAUSE.split(sentence) if part and not numbers_in(part))
    span = _span_of(around) or _span_of(others)
    if _TYPICAL.search(around):
        kinds = {FactKind.TYPICAL}
    elif span in ("long", "other"):
        kinds = set()
        plain = plain if span == "other" else set()
    elif span == "hour":
        kinds = {FactKind.HOURLY}
    elif _GAIN.search(around) or _span_of(around) == "day":
        kinds = {FactKind.GAIN, FactKind.TYPICAL} if _TYPICAL.search(sentence) else {FactKind.GAIN}
    elif _TOTAL.search(around):
        kinds = {FactKind.TOTAL}
    elif unit:
        kinds = {FactKind.GAIN} if span == "day" or _GAIN.search(others) else {FactKind.TOTAL}
    else:
        kinds = {FactKind.GAIN, FactKind.TOTAL}
    return plain | kinds


def _kinds_of_percent(sentence: str, clause: str) -> set[FactKind] | None:
    if re.search(r"\btop\b", clause, re.IGNORECASE):
        return {FactKind.PLAIN}
    if _CHANCE.search(sentence):
        return {FactKind.CHANCE}
    shares = {FactKind.SHARE, FactKind.KNOWN_SHARE}
    if _SHARED.search(clause):
        return shares
    if _GREW.search(clause):
        return {FactKind.GROWTH}
    return shares | {FactKind.GROWTH}


def _together(sentence: str, mentions: list[_Mention]) -> list[_Mention]:
    """A title with its channel ("“A” by B") is one mention, of the video that has both."""
    joined: list[_Mention] = []
    for one in mentions:
        if joined and re.fullmatch(r"\s*(?:,|by|from|of|:|-|–|—)?\s*", sentence[joined[-1].end : one.start]):
            both = joined[-1].of & one.of
            if both:
                joined[-1] = _Mention(joined[-1].start, one.end, both)
                continue
        joined.append(one)
    return joined
