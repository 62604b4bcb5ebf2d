"""The browser of this machine, with nothing switched on that could reach another host."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
THEMES = ("light", "dark")
WIDTHS = (390, 1280)


def html_folder() -> Path:
    """Folder of the built book: AIEQ_HTML, else _build/html beside the tests."""
    return Path(os.environ.get("AIEQ_HTML") or Path(__file__).parents[2] / "_build" / "html").resolve()


def executable() -> str:
    """Path of Chromium or Chrome; without one a sentence that says how to get it."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    msg = "no browser found: the pages cannot be checked. Install one: apt-get install chromium"
    raise RuntimeError(msg)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start the browser, and end it whatever happens."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=executable(), args=list(QUIET))
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine only."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lay_out(page: Any) -> None:
    """Lay out figures that are far from the screen too: what is not laid out has no true height."""
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("figure.chart{content-visibility:visible!important}");
            document.adoptedStyleSheets = [sheet];
        }"""
    )


def pages(folder: Path) -> list[str]:
    """Pages of the book, relative to its folder, in alphabetical order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("chapters/*.html"))
