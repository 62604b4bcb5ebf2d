"""No figure is typed: a number in the text is a published finding, or one of the few things listed here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from aieq.report.chapters import ROOT, chapter_files, read_chapter

TEXT_PAGES = sorted((ROOT / "chapters").glob("*.md"))

# --- what is no prose: roles (published findings among them), code, addresses, markup -----------------------------
NO_PROSE = [
    re.compile(r"^(`{3,}|~{3,})(?!\{)[\s\S]*?^\1\s*$", re.MULTILINE),  # code blocks
    re.compile(r"^(`{3,}|:{3,})\{.*$|^:[\w-]+:.*$", re.MULTILINE),  # openings and options of directives
    re.compile(r"\{[\w:.-]+\}`[^`]*`"),  # roles: {glue}`name`, {doc}`...`
    re.compile(r"`[^`]*`"),  # code
    re.compile(r"<!--[\s\S]*?-->|<[^>]+>"),  # markup
    re.compile(r"\]\([^)]*\)|\]\[[^\]]*\]|https?://\S+"),  # addresses
    re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE),  # labels
    re.compile(r"^\s*\d+[.)]\s", re.MULTILINE),  # list numbers
]
FORMULA = re.compile(r"\$\$[\s\S]*?\$\$|(?<![\\\w])\$(?=\S)[^$\n]*?(?<=[\S])\$(?!\d)")
STRUCTURAL = {"0", "1", "2", "3", "4", "12", "100"}  # halves, quarters, months, per cent; no evidence

# --- digits that may stand ----------------------------------------------------------------------------------------
AMOUNT = r"(?:thousand|million|billion|trillion|percent|per cent|%|dollars?|bn|mn|tn|GW|MW|TWh|times|years?|months?)"
MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
ALLOWED = [
    re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),  # days
    re.compile(rf"\b\d{{1,2}} {MONTH}\b|\b{MONTH} \d{{1,2}}\b"),
    # years, spans of years, decades; "1850 billion" is none
    re.compile(rf"\b(?:18|19|20)\d\d(?:s\b|(?:\s?[-–/]\s?|/)(?:(?:18|19|20)?\d\d))?\b(?!\s?{AMOUNT})(?![.,]\d)"),
    re.compile(
        r"\b(?:[Ss]ection|[Ss]tep|[Cc]hapter|[Pp]art|[Rr]ule|[Tt]able|[Ff]igure|[Aa]ppendix|[Ll]aw) \d+(?:\.\d+)*"
    ),
    re.compile(r"\b\d+(?:st|nd|rd|th)\b"),
    re.compile(r"\b(?:90 ?%|ninety per cent) (?:confidence )?interval"),  # the one level used throughout
    # names: GPT-4, H100, S3, Q3, FY2024, GB200; not USD228
    re.compile(r"\b(?!USD|EUR|GBP|US\b)[A-Za-z][A-Za-z&]*-?\d[\w.-]*\b"),
    re.compile(r"\b10-[KQ]\b"),
    re.compile(
        r"\b(?:Llama|Claude|Gemini|Grok|Opus|Sonnet|Haiku|Python|Jupyter Book|CC BY|ASC|IFRS|Windows) \d+(?:\.\d+)*"
    ),
    re.compile(r"\bS&P 500\b|\bNasdaq[- ]100\b|\bFortune 500\b"),
]

WORDS = (
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy eighty "
    "ninety"
)
TENS = rf"(?:{WORDS.replace(' ', '|')}|hundred)"
IN_WORDS = re.compile(
    rf"\b{TENS}(?:[ -]{TENS})*[ -](?:hundred |thousand )?(?:million|billion|trillion|percent|per cent)\b", re.I
)
FIGURE = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?)(?P<rest>(?:\s?(?:-|–|to|or even|or|and)\s?\d+(?:\.\d+)?)*)[\s-]?(?P<unit>{AMOUNT})"
)
NAME = re.compile(r"[A-Za-z][\w.:#-]*")  # of a finding or a source
DIGITS = re.compile(r"[$€£]?\d[\d.,]*\d|[$€£]?\d")


@cache
def article_figures() -> frozenset[tuple[str, str]]:
    """The article's own figures, with the unit each has there."""
    claims = yaml.safe_load((ROOT / "data" / "claims.yml").read_text(encoding="utf-8"))["claims"]
    return frozenset(pair for claim in claims for found in FIGURE.finditer(claim["says"]) for pair in _pairs(found))


def _pairs(found: re.Match[str]) -> list[tuple[str, str]]:
    unit = {"%": "percent", "per cent": "percent", "bn": "billion", "dollar": "dollars"}.get(
        found["unit"], found["unit"]
    )
    return [(number, unit) for number in re.findall(r"\d+(?:\.\d+)?", found["number"] + found["rest"])]


def strays(text: str) -> list[str]:
    """Digits, and amounts in words, that a text may not hold, each with what stands around it."""
    for pattern in NO_PROSE:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    for formula in list(FORMULA.finditer(text)):
        bad = [n for n in re.findall(r"\d+(?:\.\d+)?", formula[0]) if n not in STRUCTURAL]
        if not bad:
            text = text[: formula.start()] + " " * len(formula[0]) + text[formula.end() :]
    for found in list(FIGURE.finditer(text)):
        if set(_pairs(found)) <= article_figures():
            text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
    for pattern in ALLOWED:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    hits = sorted([*DIGITS.finditer(text), *IN_WORDS.finditer(text)], key=re.Match.start)
    return [f"{hit[0]!r} in '{' '.join(text[max(0, hit.start() - 40) : hit.end() + 30].split())}'" for hit in hits]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("The four spent 228 billion dollars in 2024.", ["'228'"]),
        ("They spent $228 bn.", ["'$228'"]),
        ("It grew 2.4 times a year.", ["'2.4'"]),
        ("A share of 35 % of it.", ["'35'"]),
        ("Of 1850 billion dollars", ["'1850'"]),
        ("USD228 bn", ["'228'"]),
        ("It cost seventy billion dollars", ["'seventy billion'"]),
        ("some forty-five percent", ["'forty-five percent'"]),
        ("The rule is $x = 228 a$.", ["'228'"]),
        ("```{note}\nBut 17 of them\n```", ["'17'"]),
        ("500 billion dollars", ["'500'"]),
    ],
)
def test_a_typed_figure_is_found(text: str, expected: list[str]) -> None:
    """Faults planted on purpose."""
    assert [stray.split(" in ")[0] for stray in strays(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "The four spent {glue}`capex_four_usd_bn_2024` in 2024, {glue}`capex_four_usd_bn_2024__range`.",
        "GPT-4 ran on A100 and H100; S3 and Q3 are names, so are o1, GB200, FY2024, Llama 3.1 and 10-K.",
        "The 1990s, 2024-25, 2024/25, the 20th century, 1837 to 1850, 31 January 2025 and 2025-01-31.",
        "The article says more than 200 billion dollars, and asks for at least 600 billion dollars.",
        "5 or even 10 billion dollars, 100 million dollars, margins of 70-80 percent, 20 dollars a month, 47 billion.",
        "See section 3.2 and step 2. [Here](page-17.html), `x = 17`, a 90 % interval.",
        "1. First\n2. Second",
        "```python\nx = 228\n```",
        "$$R = 4 g / (a (1 - m))$$ and $K_{t-1}$",
        "Two companies, four quarters, ten years.",
    ],
)
def test_what_may_stand_may_stand(text: str) -> None:
    """Names, years, section numbers, the article's own figures, code."""
    assert strays(text) == []


def test_the_articles_figures_are_read_from_its_claims() -> None:
    """With their units: its 20 dollars allow no 20 billion."""
    assert {("200", "billion"), ("600", "billion"), ("5", "billion"), ("10", "billion")} <= article_figures()
    assert ("20", "dollars") in article_figures()
    assert ("20", "billion") not in article_figures()


@pytest.mark.parametrize("path", chapter_files(), ids=lambda path: path.stem)
def test_no_figure_is_typed_in_a_chapter(path: Path) -> None:
    """Every Markdown cell, and every string in the code (titles, notes)."""
    found = []
    for number, cell in enumerate(read_chapter(path).cells, 1):
        if cell.cell_type == "markdown":
            found += [f"cell {number}: {stray}" for stray in strays(cell.source)]
        elif cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and not NAME.fullmatch(node.value):
                    found += [f"cell {number}, in code: {stray}" for stray in strays(node.value)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", TEXT_PAGES, ids=lambda path: path.stem)
def test_no_figure_is_typed_in_a_page_of_text(path: Path) -> None:
    """Pages that are no notebooks."""
    assert not strays(path.read_text(encoding="utf-8"))


@pytest.mark.built
def test_no_figure_is_typed_into_a_built_page(root: Path) -> None:
    """What is left of a page without its published findings, tables, charts and code."""
    from bs4 import BeautifulSoup

    pages = sorted((root / "_build" / "html" / "chapters").glob("*.html"))
    assert {path.stem for path in [*chapter_files(root), *TEXT_PAGES]} == {page.stem for page in pages}, (
        "build the book first: make book"
    )
    computed = "a.figure-link, a.verdict, span.output, div.cell_output, .cell, figure, table, math, .math, code, pre"
    shell = "script, style, nav, header, footer, .bibliography, .headerlink, dl.py, .reading-time"
    found = []
    for page in pages:
        article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
        assert article is not None, f"{page.name} has no article"
        for element in article.select(f"{computed}, {shell}"):
            element.decompose()
        found += [f"{page.name}: {stray}" for stray in strays(article.get_text("\n"))]
    assert not found, "\n".join(found)
