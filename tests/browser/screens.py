"""
Take pictures of every page, wide and narrow, light and dark.

Run as ``python -m tests.browser.screens FOLDER [PAGE ...]``; tall pages come as several pictures.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.browser.engine import THEMES, WIDTHS, browser, html_folder, lay_out, pages

TALL = 2000


def take(out: Path, only: list[str] | None = None, themes: tuple[str, ...] = THEMES) -> int:
    """Write the pictures into a folder and return how many they are."""
    folder = html_folder()
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with browser() as engine:
        for theme in themes:
            for width in WIDTHS:
                screen = {"width": width, "height": TALL}
                context = engine.new_context(viewport=screen, color_scheme=theme, offline=True)
                page = context.new_page()
                for name in pages(folder):
                    stem = Path(name).stem
                    if only and stem not in only:
                        continue
                    page.goto((folder / name).as_uri())
                    lay_out(page)
                    height = page.evaluate("document.documentElement.scrollHeight")
                    for part, top in enumerate(range(0, height, TALL)):
                        page.evaluate("(top) => scrollTo({top, behavior: 'instant'})", top)
                        page.screenshot(path=out / f"{stem}-{width}-{theme}-{part}.png")
                        count += 1
                context.close()
    return count


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.browser.screens FOLDER [PAGE ...]")
    print(f"{take(Path(sys.argv[1]), sys.argv[2:])} pictures in {sys.argv[1]}")
