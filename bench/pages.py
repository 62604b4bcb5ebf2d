"""
Scores of built pages by Lighthouse: mobile preset, headless Chromium, pages served compressed from this machine.

Run as ``python -m bench.pages [PAGE ...]`` on a machine that does nothing else; it needs node, which the book does not.
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
from pathlib import Path
from typing import Any

KINDS = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
USUAL = ("chapters/index.html", "chapters/cost.html", "chapters/verdict.html", "search.html")
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


def measure(folder: Path, pages: list[str], runs: int = RUNS) -> list[str]:
    """Visit pages of a built book and give the median of the runs, one line for each page."""
    chrome = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lines = []
    try:
        for page in pages:
            all_runs = [scores(f"http://127.0.0.1:{server.server_address[1]}/{page}", chrome) for _ in range(runs)]
            median = {name: statistics.median(run[name] for run in all_runs) for name in all_runs[0]}
            told = "  ".join(f"{kind} {median[kind]:.2f}" for kind in KINDS)
            lines.append(f"  {page:<28} {told}  {median['kib']:.0f} KiB  {median['requests']:.0f} requests")
    finally:
        server.shutdown()
        server.server_close()
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Measure the pages that are named, or four of different kinds."""
    wanted = list(sys.argv[1:] if arguments is None else arguments) or list(USUAL)
    if lacks := lacking():
        print(f"pages: not measured, this machine lacks {', '.join(lacks)}")
        return 0
    folder = Path(__file__).parents[1] / "_build" / "html"
    if not folder.is_dir():
        print("pages: there is no built book; run make book", file=sys.stderr)
        return 1
    print(f"pages: Lighthouse, mobile, median of {RUNS}")
    print("\n".join(measure(folder, wanted)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
