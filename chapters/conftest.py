"""nbval compares what a cell says, and the data and specification of a chart, but not how it is drawn."""

import os

from aieq.report.chapters import environment

# The drawing depends on fonts; what it shows is compared through text/plain and the chart's specification.
DRAWN = {"text/html", "image/svg+xml", "image/png"}

os.environ.update(environment())


def pytest_itemcollected(item):
    """Tell each notebook what to leave out; all cells of it share the setting."""
    notebook = item.parent
    if hasattr(notebook, "skip_compare"):
        notebook.skip_compare = tuple(sorted(DRAWN | set(notebook.skip_compare)))
