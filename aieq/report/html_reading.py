"""What the built book adds to prose: how long it takes to read, and a link at the first use of each term."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

WORDS_A_MINUTE = 230
FEWEST_WORDS = 200  # below that a page is a list or a table, and a reading time says nothing
_BLOCKS = re.compile(
    "|".join(
        rf"<{name}(?=[ >]).*?</{name.split()[0]}>"
        for name in (
            "figure",
            "table",
            "details",
            'section class="time-machine"',
            "script",
            "style",
            "svg",
            "pre",
            "dl",
        )
    ),
    re.DOTALL,
)
_PARAGRAPH = re.compile(r"<p>.*?</p>", re.DOTALL)
_TAG = re.compile(r"(<[^>]+>)")


def complete(body: str, source: Path, pagename: str) -> str:
    """
    Complete the prose of a page.

    Parameters
    ----------
    body : str
        HTML of the page.
    source : Path
        Root folder of the book's text; the glossary is ``chapters/glossary.md``.
    pagename : str
        Name of the page; one outside ``chapters/`` stays as it is.

    Returns
    -------
    str
        With a reading time under its title, and links at the first use of terms.
    """
    folder, _, name = pagename.rpartition("/")
    if folder != "chapters":
        return body
    body = tell_minutes(body)
    glossary = source / folder / "glossary.md"
    if name == "glossary" or not glossary.exists():
        return body
    return link_terms(body, read_terms(glossary.read_text(encoding="utf-8")), "glossary.html")


def minutes(body: str) -> int | None:
    """
    Estimate how long the prose of a page takes to read.

    Parameters
    ----------
    body : str
        HTML of the page; figures, tables, code and what is folded away do not count.

    Returns
    -------
    int or None
        Nothing for a page with hardly any prose.

    Examples
    --------
    >>> minutes("<p>" + "word " * 460 + "</p><table><tr><td>" + "cell " * 999 + "</td></tr></table>")
    2
    >>> minutes("<p>Few words.</p>") is None
    True
    """
    words = len(html.unescape(_TAG.sub(" ", _BLOCKS.sub(" ", body))).split())
    return max(1, round(words / WORDS_A_MINUTE)) if words >= FEWEST_WORDS else None


def tell_minutes(body: str) -> str:
    """
    Put the reading time under the title of a page.

    Examples
    --------
    >>> tell_minutes("<h1>T</h1><p>" + "word " * 300 + "</p>")[:49]
    '<h1>T</h1><p class="reading-time">1 minute to rea'
    """
    long = minutes(body)
    if long is None:
        return body
    said = f'</h1><p class="reading-time">{long} minute{"" if long == 1 else "s"} to read</p>'
    return body.replace("</h1>", said, 1)


def read_terms(text: str) -> dict[str, str]:
    """
    Read a glossary: each term with its meaning.

    Parameters
    ----------
    text : str
        A page in Markdown with a glossary directive: a term on a line, its meaning indented below.

    Returns
    -------
    dict
        In the order of the page.

    Examples
    --------
    >>> read_terms(":::{glossary}\\nrun rate\\n   A month times twelve.\\n:::\\n")
    {'run rate': 'A month times twelve.'}
    """
    terms: dict[str, str] = {}
    block = re.search(r"^:::\{glossary\}\n(.*?)^:::", text, re.DOTALL | re.MULTILINE)
    for found in re.finditer(r"^(\S[^\n]*)\n((?:[ ]+[^\n]+\n)+)", block[1] if block else "", re.MULTILINE):
        terms[found[1].strip()] = " ".join(found[2].split())
    return terms


def term_place(term: str) -> str:
    """
    Name the place of a term on the page of the glossary.

    Examples
    --------
    >>> term_place("run rate")
    'term-run-rate'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def link_terms(body: str, terms: Mapping[str, str], address: str) -> str:
    """
    Link the first use of each term in the prose of a page to its meaning, which is also its title.

    Parameters
    ----------
    body : str
        HTML of the page.
    terms : mapping
        From a term to its meaning.
    address : str
        Of the glossary, seen from the page.

    Returns
    -------
    str
        Terms inside links, code, headings, tables and figures stay as they are.

    Examples
    --------
    >>> link_terms("<p>A run rate and a <a>run rate</a>.</p>", {"run rate": "One month."}, "glossary.html")
    '<p>A <a class="term" href="glossary.html#term-run-rate" title="One month.">run rate</a> and a <a>run rate</a>.</p>'
    """
    left = dict(terms)
    pieces, at = [], 0
    for block in _BLOCKS.finditer(body):
        pieces += [(True, body[at : block.start()]), (False, block[0])]
        at = block.end()
    pieces.append((True, body[at:]))
    return "".join(
        _PARAGRAPH.sub(lambda found: _link_in(found[0], left, address), text) if prose else text
        for prose, text in pieces
    )


def _link_in(paragraph: str, left: dict[str, str], address: str) -> str:
    parts, inside = _TAG.split(paragraph), 0
    for place, part in enumerate(parts):
        if part.startswith("<"):
            inside += 1 if re.match(r"<(?:a|code)\b", part) else -1 if re.match(r"</(?:a|code)>", part) else 0
        elif not inside and left:
            parts[place] = _link_first_uses(part, left, address)
    return "".join(parts)


def _link_first_uses(text: str, left: dict[str, str], address: str) -> str:
    # The longest first, so that "gross margin" is not taken for "margin".
    words = "|".join(re.escape(term) for term in sorted(left, key=len, reverse=True))

    def write(found: re.Match[str]) -> str:
        term = found[1].lower()
        meaning = left.pop(next((key for key in left if key.lower() == term), ""), None)
        if meaning is None:
            return found[0]  # its second use within this piece of text
        title = html.escape(meaning, quote=True)
        return f'<a class="term" href="{address}#{term_place(found[1])}" title="{title}">{found[0]}</a>'

    return re.sub(rf"\b({words})s?\b", write, text, flags=re.IGNORECASE)
