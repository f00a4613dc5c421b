"""Sources that can be read: no line too long, no file too long, in whatever language.

Ruff checks the lines of Python, but forgives one that ends in a directive; it reads no JavaScript,
no CSS, and knows no limit of a file.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("components", "db", "pages", "services", "tests")
LINE = 100  # characters
FILE = 400  # lines
DRAWINGS = "components/icons.py"  # one path a line
MIGRATIONS = "db/migrations/versions"  # written by Alembic, and left as they ran


def test_every_line_can_be_read_without_scrolling() -> None:
    long = [
        f"{name}:{number} has {len(line)} characters"
        for name, lines in sources()
        for number, line in enumerate(lines, 1)
        if len(line) > LINE and name != DRAWINGS
    ]
    assert long == [], "break the line; a directive can stand at the first line of its statement"


def test_every_file_holds_one_concern() -> None:
    long = [f"{name} has {len(lines)} lines" for name, lines in sources() if len(lines) > FILE]
    assert long == [], "split the file; `components/*.css` are joined in the order of their names"


def sources() -> Iterator[tuple[str, list[str]]]:
    """The name and the lines of each file that we wrote."""
    found = [ROOT / "main.py"]
    for room in ROOMS:
        found += [p for end in ("py", "js", "css") for p in (ROOT / room).rglob(f"*.{end}")]
    for path in sorted(found):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(MIGRATIONS):
            yield name, path.read_text().splitlines()
