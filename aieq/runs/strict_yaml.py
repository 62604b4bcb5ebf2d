"""YAML as people write it by hand: one mapping, every key once, nothing that unfolds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import ParameterError, did_you_mean

LARGEST_MB = 20
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(_Loader):
    """Refuses a key given twice, which YAML's own loader takes in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (list, dict, set)):
                raise yaml.constructor.ConstructorError(None, None, "a key is no word", key_node.start_mark)
            if key in seen:
                problem = f"{key!r} is given twice; keep one"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_text(path: Path, kind: str) -> str:
    """
    Read a text file, refusing what cannot be one.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it is to be, for the message: "design".

    Raises
    ------
    ParameterError
        If there is no such file (the nearest name is given), or it cannot be read.
    """
    if not path.is_file():
        if path.is_dir():
            raise ParameterError(f"{path} is a folder; give the {kind}, a .yml file.")
        folder = path.parent
        near = [each.name for each in folder.glob("*.y*ml")] if folder.is_dir() else []
        hint = did_you_mean(path.name, near) or (f" In {folder} there are: {', '.join(sorted(near))}." if near else "")
        raise ParameterError(f"there is no {kind} {str(path)!r}.{hint or ' Give the path of a .yml file.'}")
    try:
        if path.stat().st_size > LARGEST_MB * 1e6:
            raise ParameterError(
                f"{path.name} is larger than {LARGEST_MB} MB; describe the runs as a grid or a sample."
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParameterError(f"{path.name} is no text in UTF-8; save it as plain text.") from None
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {error.strerror}.") from None


def load_mapping(text: str, name: str) -> dict[Any, Any]:
    """
    Read a mapping from YAML.

    Parameters
    ----------
    text : str
        The YAML.
    name : str
        Where it stands, for messages.

    Raises
    ------
    ParameterError
        If it is not YAML, no mapping, has a key twice, or repeats parts by reference.

    Examples
    --------
    >>> load_mapping("kind: grid", "x.yml")
    {'kind': 'grid'}
    >>> load_mapping("kind: grid\\nkind: list", "x.yml")
    Traceback (most recent call last):
    aieq.errors.ParameterError: x.yml, line 2: 'kind' is given twice; keep one.
    """
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                message = f"{name}, line {line}: *{event.anchor} refers to another part; write it out where it belongs."
                raise ParameterError(message)
        content = yaml.load(text, Loader=_Strict)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line_said = f", line {mark.line + 1}" if mark else ""
        twice = "given twice" in (error.problem or "")
        said = error.problem if twice else f"this is not YAML ({error.problem})"
        raise ParameterError(f"{name}{line_said}: {said}.") from None
    except ParameterError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ParameterError(f"{name} holds what YAML cannot read: {said}; days are written YYYY-MM-DD.") from None
    except RecursionError:
        raise ParameterError(
            f"{name} is nested too deeply for what it has to say; see designs/ for examples."
        ) from None
    if not isinstance(content, dict):
        what = "is empty" if content is None else f"holds a {type(content).__name__}, not names with values"
        raise ParameterError(f"{name} {what}; begin with kind: grid, list or sample.")
    return content
