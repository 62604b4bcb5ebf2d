"""
The content security policy of every page: what it may load and run, and what in a page would break it.

A page may load only what lies beside it. The one script inside a page, which sets the colours before anything is
drawn, is allowed by its hash; styles inside a page and handlers in attributes are never allowed.
"""

from __future__ import annotations

import base64
import hashlib
import re

# Colours first: a page that is drawn light and then turns dark flickers.
BOOT = (
    '(()=>{const d=document.documentElement.dataset;let m;try{m=localStorage.getItem("mode")}catch{}'
    'd.mode=m||"auto";'
    'd.theme=d.mode=="auto"?matchMedia("(prefers-color-scheme:dark)").matches?"dark":"light":d.mode})()'
)

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(r"""\s(style|on[a-z]+)\s*=\s*["'][^"']*["']""", re.IGNORECASE)
# What pandas writes into the table of every data frame; the theme's style sheet says the same.
_OF_PANDAS = re.compile(r'(?<=<tr) style="text-align: right;"(?=>)|<style scoped>.*?</style>\s*', re.DOTALL)


def fingerprint(script: str) -> str:
    """
    Give the name under which a policy allows a script that stands in a page.

    Parameters
    ----------
    script : str
        Exactly what stands between the tags.

    Returns
    -------
    str
        A source expression of a policy.

    Examples
    --------
    >>> fingerprint("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {fingerprint(BOOT)}",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


def without_frame_styles(body: str) -> str:
    """
    Take out the inline styles that pandas puts into the table of every data frame.

    Parameters
    ----------
    body : str
        HTML.

    Returns
    -------
    str
        The same without it.

    Examples
    --------
    >>> without_frame_styles('<tr style="text-align: right;"><th>a</th></tr>')
    '<tr><th>a</th></tr>'
    """
    return _OF_PANDAS.sub("", body)


def refused(page: str) -> list[str]:
    """
    Find what a browser would refuse under the policy.

    Parameters
    ----------
    page : str
        HTML of a page or of a part of it.

    Returns
    -------
    list of str
        One sentence for each; empty if the page and the policy agree.

    Examples
    --------
    >>> refused('<p onclick="go()">a</p>')
    ['onclick="go()" in <p onclick="go()">: use a class and aieq.css, or a script file']
    >>> refused("<script>go()</script>")
    ["a script in the page ('go()'): put it into a file under _assets"]
    >>> refused('<p title="1 > 0">a style=b</p>')
    []
    """
    said = []
    for attributes, script in _SCRIPT.findall(page):
        if "src=" in attributes or "application/" in attributes or fingerprint(script) in POLICY:
            continue
        said.append(f"a script in the page ({script.strip()[:40]!r}): put it into a file under _assets")
    markup = _SCRIPT.sub("", page)
    for tag in _TAG.findall(markup):
        if re.match(r"<style\b", tag, re.IGNORECASE):
            said.append("a <style> element: put the rules into _assets/aieq.css")
        elif "=" in tag and (found := _ATTRIBUTE.search(tag)):
            said.append(f"{found[0].strip()} in {tag[:60]}: use a class and aieq.css, or a script file")
    return said


def faults(page: str) -> list[str]:
    """
    Find what a whole page does against the policy, its absence included.

    Parameters
    ----------
    page : str
        HTML of the page.

    Returns
    -------
    list of str
        One sentence for each.

    Examples
    --------
    >>> faults("<html><head></head></html>")
    ['has no content security policy; is aieq.report.sphinx_ext loaded?']
    """
    if META not in page:
        return ["has no content security policy; is aieq.report.sphinx_ext loaded?"]
    head = page.partition(META)[0]
    early = ["loads something before its policy"] if re.search(r"<(?:script|link|style)\b", head) else []
    return early + [f"browsers will refuse {what}" for what in refused(page)]
