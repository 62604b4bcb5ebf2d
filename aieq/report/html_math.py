"""Formulas as MathML when the book is built, so that a page needs no script and no font to show them."""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)

_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align\*?|split|gathered|gather\*?|eqnarray\*?)\}")


def to_mathml(latex: str, *, block: bool = False) -> str:
    r"""
    Turn a formula into MathML.

    Parameters
    ----------
    latex : str
        Formula without dollar signs. Aligned environments become tables.
    block : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element.

    Raises
    ------
    ValueError
        If something in the formula is not understood; the message names it.

    Examples
    --------
    >>> to_mathml("x_{2}")
    '<math display="inline"><mrow><msub><mi>x</mi><mrow><mn>2</mn></mrow></msub></mrow></math>'
    """
    text = latex.strip()
    text = _ALIGNED.sub(lambda m: r"\begin{array}{rl}" if m[1] == "begin" else r"\end{array}", text)
    if r"\\" in text and r"\begin" not in text:
        text = rf"\begin{{array}}{{rl}}{text}\end{{array}}"
    try:
        made = convert(text, display="block" if block else "inline")
    except Exception as error:
        msg = f"the formula {latex!r} cannot be turned into MathML: {type(error).__name__} {error}"
        raise ValueError(msg) from error
    left = re.search(r"<mi>(\\[A-Za-z]+|&(?:amp;)?)</mi>", made)
    if left:
        msg = f"the formula {latex!r} holds {left[1]!r}, which MathML conversion does not know; write it another way"
        raise ValueError(msg)
    return made.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")


def _safe(node: Any, *, block: bool) -> str:
    try:
        return to_mathml(node.astext(), block=block)
    except ValueError as error:
        logger.warning("%s", error, location=node, type="aieq", subtype="math")
        return f"<code>{node.astext()}</code>"


def visit_inline(translator: Any, node: Any) -> None:
    """Write an inline formula."""
    from docutils import nodes

    translator.body.append(f'<span class="math">{_safe(node, block=False)}</span>')
    raise nodes.SkipNode


def visit_block(translator: Any, node: Any) -> None:
    """Write a formula that stands alone, with its number if it has one."""
    from docutils import nodes
    from sphinx.util.math import get_node_equation_number

    anchors = "".join(f'<span id="{name}"></span>' for name in node.get("ids", []))
    number = ""
    if node.get("number"):
        number = f'<span class="eqno">({get_node_equation_number(translator, node)})</span>'
    translator.body.append(f'<div class="math-block">{anchors}{_safe(node, block=True)}{number}</div>')
    raise nodes.SkipNode
