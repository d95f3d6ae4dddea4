"""The folders: each imports only from those above it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDER = ["schemas", "producers", "stream_processors", "projections"]
FREE = ["cli", "deploy", "ionics"]
MODULES = [path for folder in ORDER for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(source: str) -> set[str]:
    """Top-level names that a module imports anywhere, also within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def forbidden(folder: str, source: str) -> set[str]:
    """What a module of a folder imports from below it."""
    below = {*ORDER[ORDER.index(folder) + 1 :], *FREE, "tests"}
    return imported(source) & below


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_imports_only_from_those_above_it(path: Path) -> None:
    """Data goes one way, and so do imports."""
    folder = path.relative_to(ROOT).parts[0]
    assert set() == forbidden(folder, path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("folder", "line", "found"),
    [
        ("schemas", "from producers.building import uuid7", {"producers"}),
        ("producers", "import stream_processors.runtime as r", {"stream_processors"}),
        ("stream_processors", "def f():\n    from deploy import x", {"deploy"}),
        ("projections", "import ionics", {"ionics"}),
        ("projections", "from stream_processors import runtime", set()),
    ],
)
def test_an_import_from_below_is_found(folder: str, line: str, found: set[str]) -> None:
    """Also as an alias, a submodule or within a function."""
    assert found == forbidden(folder, line)


def test_all_folders_were_looked_at() -> None:
    """A folder that moved away would pass unseen."""
    assert set(ORDER) == {path.relative_to(ROOT).parts[0] for path in MODULES}
