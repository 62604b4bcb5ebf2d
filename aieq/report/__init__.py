"""What turns notebooks into a book: opening chapters, publishing findings, runs and builds."""


def __getattr__(name: str):  # noqa: ANN202
    # Late: the build and the runner need no chapter, and a chapter needs no build.
    if name == "open_chapter":
        from .page import open_chapter

        return open_chapter
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
