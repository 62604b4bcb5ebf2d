"""
Scores of built pages by Lighthouse: mobile preset, headless Chromium, pages served compressed from this machine.

Run as ``python -m bench pages`` on a machine that does nothing else; it needs node, which the book does not. The
variable AIEQ_PAGES names other pages than the usual, or ``all``.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aieq.report.chapters import ROOT
from bench.timing import Result, timed

KINDS = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
USUAL = ("chapters/index.html", "chapters/cost.html", "chapters/verdict.html", "chapters/playground.html")
TARGETS = (0.98, 1.0, 1.0, 1.0)
PLAIN = "title: Plain\nexecute: {execute_notebooks: 'off'}\nonly_build_toc_files: true\n"
_FLAGS = "--headless=new --no-sandbox --disable-gpu --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'"
_TEXT = {".html", ".css", ".js", ".svg", ".csv", ".json"}


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Serves text compressed, as every host of static pages does."""

    def do_GET(self) -> None:
        """Answer with the file."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in _TEXT or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 9)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(str(path))}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def lacking() -> list[str]:
    """What this machine lacks to run Lighthouse."""
    lacks = [name for name in ("node", "npx") if not shutil.which(name)]
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return lacks if any(map(shutil.which, names)) else [*lacks, "chromium"]


def scores(url: str, chrome: str) -> dict[str, Any]:
    """One visit by Lighthouse: four scores, KiB and requests."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.json"
        command = ["npx", "--yes", "lighthouse@12", url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags={_FLAGS}", f"--only-categories={','.join(KINDS)}"]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "CHROME_PATH": chrome})
        told = json.loads(report.read_text(encoding="utf-8"))
    requests = told["audits"]["network-requests"]["details"]["items"]
    return {
        **{kind: told["categories"][kind]["score"] for kind in KINDS},
        "kib": sum(one.get("transferSize", 0) for one in requests) / 1024,
        "requests": len(requests),
    }


def measure(folder: Path, pages: list[str], runs: int = RUNS) -> dict[str, dict[str, float]]:
    """Visit pages of a built book and give the median of the runs for each."""
    chrome = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = {}
    try:
        for page in pages:
            visits = [scores(f"http://127.0.0.1:{server.server_address[1]}/{page}", chrome) for _ in range(runs)]
            found[page] = {name: statistics.median(visit[name] for visit in visits) for name in visits[0]}
    finally:
        server.shutdown()
        server.server_close()
    return found


def plain_book(place: Path) -> Path:
    """Build the same chapters, with the outputs they have, by jupyter-book as it comes."""
    shutil.copytree(ROOT / "chapters", place / "chapters")
    shutil.copy(ROOT / "_toc.yml", place)
    (place / "_config.yml").write_text(PLAIN, encoding="utf-8")
    timed([sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-q"], place)
    return place / "_build" / "html"


def pages() -> list[Result]:
    """Scores, weight and requests of our pages, with those of a plain book beside them."""
    if lacks := lacking():
        print(f"bench: pages are not measured, this machine lacks {', '.join(lacks)}", file=sys.stderr)
        return []
    folder = ROOT / "_build" / "html"
    if not folder.is_dir():
        sys.exit("bench: there is no built book; run make book")
    wanted = os.environ.get("AIEQ_PAGES", "").split() or list(USUAL)
    if wanted == ["all"]:
        chapters = sorted(path.relative_to(folder).as_posix() for path in folder.glob("chapters/*.html"))
        wanted = [*chapters, "search.html"]
    results = []
    for page, median in measure(folder, wanted).items():
        results += [
            Result(f"{page}: {kind}", median[kind], target=target, at_least=True)
            for kind, target in zip(KINDS, TARGETS, strict=True)
        ]
        results += [
            Result("  before interaction", median["kib"], "KiB", 100.0),
            Result("  requests before interaction", median["requests"], "", 8.0),
        ]
    with tempfile.TemporaryDirectory() as place:
        for page, median in measure(plain_book(Path(place)), [page for page in wanted if page in USUAL[:2]]).items():
            results += [Result(f"  plain jupyter-book, {page}: {name}", value) for name, value in median.items()]
    return results


MEASURES: dict[str, Callable[[], list[Result]]] = {"pages": pages}
