"""Documents of strangers: what every reader of feeds mends is mended, and what could do harm is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.trends.feeds import _parsed
from connectors.trends.markup import parse_xml, readable_xml
from core.errors import Damaged

UTF8 = '<?xml version="1.0" encoding="UTF-8"?>'
CASE = Path(__file__).parents[5] / "shared" / "cases" / "files" / "17-feed-blank-line.xml"


def rss(title: str, declaration: str = UTF8, doctype: str = "") -> str:
    item = f"<item><title>{title}</title><link>https://example.org/1</link><guid>1</guid></item>"
    return f'{declaration}{doctype}<rss version="2.0"><channel><title>F</title>{item}</channel></rss>'


def titles(content: bytes) -> list[str]:
    return [entry["title"] for entry in _parsed(readable_xml(content, "It"), "It")]


OLD_DTD = (
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
)


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (f"\n\n \t{rss('One')}".encode(), "One"),
        (b"\xef\xbb\xbf\xef\xbb\xbf\r\n" + rss("One").encode(), "One"),
        (rss("One").encode() + b"\n\0\n", "One"),
        (rss("A&nbsp;B &eacute; &hellip;").encode(), "A\xa0B é …"),
        (rss("A & B, AT&T &copy=2 &foo; &lt;b&gt;").encode(), "A & B, AT&T &copy=2 &foo; <b>"),
        (rss("&#8217;&#150;&#38;&#60;").encode(), "’–&<"),
        (rss("A\x0bB\x00C&#11;").encode(), "ABC"),
        (rss("<![CDATA[A & B &nbsp;]]>").encode(), "A & B &nbsp;"),
        (rss("Café").encode("latin-1"), "Café"),
        (rss("“Café”", '<?xml version="1.0" encoding="windows-1252"?>').encode("cp1252"), "“Café”"),
        (rss("Café", '<?xml version="1.0" encoding="utf-16"?>').encode("utf-16"), "Café"),
        (rss("Café", '<?xml version="1.0" encoding="utf-16"?>').encode(), "Café"),
        (rss("Café", '<?xml version="1.0" encoding="x-9"?>').encode(), "Café"),
        (rss("Café", "").encode(), "Café"),
        (rss("x</title><media:thumbnail url='u'/><title>y").encode(), "x"),
        (rss("One", UTF8, OLD_DTD).encode(), "One"),
    ],
)
def test_what_every_reader_reads_is_read(content: bytes, title: str) -> None:
    assert titles(content) == [title]


def test_the_blank_line_that_was_brought(tmp_path: Path) -> None:
    if not CASE.is_file():
        pytest.skip(f"the field cases are not there: {CASE}")
    assert titles(CASE.read_bytes()) == ["One"]


def entity(declared: str, used: str = "&x;") -> str:
    return rss(used, UTF8, f"<!DOCTYPE rss [{declared}]>")


LAUGHS = "".join(f'<!ENTITY x{level} "{f"&x{level - 1};" * 10}">' for level in range(1, 10))
REFUSED = {
    "billion laughs": entity(f'<!ENTITY x0 "lol">{LAUGHS}', "&x9;"),
    "quadratic blowup": entity(f'<!ENTITY x "{"a" * 100_000}">', "&x;" * 10_000),
    "external entity": entity('<!ENTITY x SYSTEM "file:///etc/passwd">'),
    "parameter entity": entity('<!ENTITY % x SYSTEM "http://example.org/x.dtd"> %x;', "y"),
    "entity that is not used": entity('<!ENTITY x "y">', "y"),
    "external definition": rss("y", UTF8, '<!DOCTYPE rss SYSTEM "http://example.org/x.dtd">'),
    "public definition": rss("y", UTF8, '<!DOCTYPE rss PUBLIC "-//Me//DTD" "http://example.org/x.dtd">'),
    "entity behind a blank line": "\n" + entity('<!ENTITY x "y">'),
    "cut": rss("One")[:-10],
    "text": "just text",
    "nothing": "",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_could_do_harm_is_refused_at_once(content: str, encoding: str) -> None:
    begin = time.process_time()
    with pytest.raises(Damaged):
        readable_xml(content.encode(encoding), "It")
    with pytest.raises(Damaged):
        parse_xml(content.encode(), "It")
    assert time.process_time() - begin < 5


def test_a_definition_that_is_hidden_in_another_encoding_is_refused() -> None:
    hidden = '<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE r +AFsAPAAh-ENTITY x +ACI-y+ACIAPgBdAD4-<rss>&x;</rss>'
    with pytest.raises(Damaged):
        readable_xml(hidden.encode(), "It")


@pytest.mark.parametrize("part", ["<![CDATA[", "<!--", "<!DOCTYPE r [", "&#", "<a:b>", " xmlns:a", "<!DOCTYPE r "])
def test_time_grows_with_size_and_no_faster(part: str) -> None:
    begin = time.process_time()
    with pytest.raises(Damaged):
        readable_xml((part * ((1 << 20) // len(part))).encode(), "It")
    assert time.process_time() - begin < 10


@given(st.binary(max_size=300))
def test_any_bytes_are_a_document_or_damaged(content: bytes) -> None:
    try:
        parse_xml(readable_xml(content, "It"), "It")
    except Damaged:
        return
