"""
Style sheets cut to what the pages of a book use, and written without what a browser does not need.

A rule stays if every tag, class and id its selector asks for occurs in a page or in a script; a custom property, an
animation or a font stays if something that stays names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_SKIP = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|url\([^)\"']*\)", re.DOTALL)
_STOP = re.compile(_SKIP.pattern + r"|[{};]", re.DOTALL)
_BRACKETED = re.compile(r"\[[^\]]*\]")
_NAMED = re.compile(r"([.#])((?:\\.|[\w-])+)")
_ELEMENT = re.compile(r"(?:^|[\s>+~|])([a-zA-Z][\w-]*)")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
_HOLDERS = ("@media", "@supports", "@layer", "@container")


@dataclass
class Rule:
    """A part of a style sheet: what stands before the brace, and either declarations or further rules."""

    head: str
    declarations: list[str] = field(default_factory=list)
    inner: list[Rule] | None = None


def parse(css: str) -> list[Rule]:
    """
    Read a style sheet.

    Parameters
    ----------
    css : str
        Its text.

    Returns
    -------
    list of Rule
        In its order; comments are gone.

    Examples
    --------
    >>> [rule.head for rule in parse("a{b:c}/* d */ @media print{e{f:g}}")]
    ['a', '@media print']
    """
    return _parse(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


def _parse(css: str) -> list[Rule]:
    rules: list[Rule] = []
    at = 0
    while True:
        stop = _next(css, at, "{;")
        if stop < 0:
            return rules
        head = _squeeze(css[at:stop])
        if css[stop] == ";":  # @charset, @import
            if head:
                rules.append(Rule(head + ";"))
            at = stop + 1
            continue
        end = _closing(css, stop)
        body = css[stop + 1 : end]
        if head.startswith(_HOLDERS) or "keyframes" in head.split(" ")[0]:
            rules.append(Rule(head, inner=_parse(body)))
        else:
            rules.append(Rule(head, declarations=_declarations(body)))
        at = end + 1


def _next(css: str, at: int, wanted: str) -> int:
    for match in _STOP.finditer(css, at):
        if match.group() in wanted and len(match.group()) == 1:
            return match.start()
    return -1


def _closing(css: str, opening: int) -> int:
    depth = 0
    for match in _STOP.finditer(css, opening):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    return len(css)


def _declarations(body: str) -> list[str]:
    found = []
    at = 0
    while at < len(body):
        stop = _next(body, at, ";")
        part = body[at : stop if stop >= 0 else len(body)]
        name, colon, value = part.partition(":")
        if colon:
            found.append(f"{name.strip()}:{_squeeze(value)}")
        if stop < 0:
            break
        at = stop + 1
    return found


def _squeeze(text: str) -> str:
    """White space to one blank, except in strings."""
    parts = []
    at = 0
    for match in _SKIP.finditer(text):
        parts += [_tight(text[at : match.start()]), match.group()]
        at = match.end()
    return "".join([*parts, _tight(text[at:])]).strip()


def _tight(text: str) -> str:
    return re.sub(r"\s*([,>])\s*", r"\1", re.sub(r"\s+", " ", text))


def split_list(text: str) -> list[str]:
    """
    Split at commas that stand outside brackets.

    Parameters
    ----------
    text : str
        A list of selectors.

    Returns
    -------
    list of str
        The selectors.

    Examples
    --------
    >>> split_list("a:is(b, c), d")
    ['a:is(b, c)', 'd']
    """
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def can_match(selector: str, names: set[str]) -> bool:
    """
    Whether a page made of these names can hold something the selector selects.

    Parameters
    ----------
    selector : str
        One selector.
    names : set of str
        Tags, classes with a dot before them, ids with a hash before them, and words of scripts, bare.

    Returns
    -------
    bool
        ``True`` in doubt.

    Examples
    --------
    >>> can_match("p.note > a:hover", {"p", ".note", "a"})
    True
    >>> can_match(":is(h1, h2) em:not(.x)", {"h2", "em"})
    True
    >>> can_match("div.modal", {"div", ".note"})
    False
    """
    text = _BRACKETED.sub("", selector)
    while call := re.search(r":([\w-]+)\(", text):
        inside = _inside(text, call.end())
        if call[1] in ("is", "where", "host") and not any(can_match(one, names) for one in split_list(inside)):
            return False
        text = text[: call.start()] + text[call.end() + len(inside) + 1 :]
    for kind, name in _NAMED.findall(text):
        plain = re.sub(r"\\(.)", r"\1", name)
        if kind + plain not in names and plain not in names:
            return False
    bare = re.sub(r"::?[\w-]+", "", _NAMED.sub("", text))
    return all(tag.lower() in names for tag in _ELEMENT.findall(bare))


def _inside(text: str, start: int) -> str:
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return text[start:place]
    return text[start:]


def purge(rules: Iterable[Rule], names: set[str]) -> list[Rule]:
    """
    Keep what pages made of these names can use.

    Parameters
    ----------
    rules : iterable of Rule
        Style sheets one after the other.
    names : set of str
        As for `can_match`; custom properties that pages and scripts use are among them.

    Returns
    -------
    list of Rule
        What is left, in the same order.
    """
    kept = _drop(rules, lambda rule: _selectors_left(rule, names))
    while True:
        text = write(kept)
        used = names | set(_VARIABLE.findall(text))
        moved = set(re.findall(r"animation(?:-name)?:([^;}]+)", text))
        words = {word for value in moved for word in re.findall(r"[\w-]+", value)}
        left = _drop(kept, lambda rule, used=used, words=words: _named_left(rule, used, words))  # type: ignore[misc]
        if write(left) == text:
            return left
        kept = left


def _drop(rules: Iterable[Rule], cut: Callable[[Rule], Rule | None]) -> list[Rule]:
    kept = []
    for rule in rules:
        left: Rule | None
        if rule.inner is None or "keyframes" in rule.head:
            left = cut(rule)
        else:
            inner = _drop(rule.inner, cut)
            left = Rule(rule.head, inner=inner) if inner else None
        if left is not None:
            kept.append(left)
    return kept


def _selectors_left(rule: Rule, names: set[str]) -> Rule | None:
    if rule.head.startswith("@"):
        return rule
    heads = [one for one in split_list(rule.head) if can_match(one, names)]
    return Rule(",".join(heads), rule.declarations) if heads else None


def _named_left(rule: Rule, used: set[str], moving: set[str]) -> Rule | None:
    if "keyframes" in rule.head:
        return rule if rule.head.split(" ")[-1] in moving else None
    if rule.head.startswith("@"):
        return rule
    declarations = [one for one in rule.declarations if not one.startswith("--") or one.partition(":")[0] in used]
    return Rule(rule.head, declarations) if declarations else None


def write(rules: Iterable[Rule]) -> str:
    """
    Write rules with as few characters as they need.

    Parameters
    ----------
    rules : iterable of Rule
        What to write.

    Returns
    -------
    str
        A style sheet.

    Examples
    --------
    >>> write(parse("a , b { color : red ; }  @media print { c { d : e f } }"))
    'a,b{color:red}@media print{c{d:e f}}'
    """
    parts = []
    for rule in rules:
        if rule.head.endswith(";"):
            parts.append(rule.head)
        else:
            parts.append(f"{rule.head}{{{';'.join(rule.declarations) if rule.inner is None else write(rule.inner)}}}")
    return "".join(parts)
