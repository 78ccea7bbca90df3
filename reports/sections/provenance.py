"""Where the numbers come from."""

from reports.content import Beside, Block, Column, Paragraph, Section, Table
from reports.folder import Folder
from reports.wording import plainly

_ROWS = (
    ("command", "Command"),
    ("recipe_name", "Recipe"),
    ("architecture", "Architecture"),
    ("training", "Training"),
    ("dataset", "Dataset, SHA-256"),
    ("model", "Model, SHA-256"),
    ("target", "Explained"),
    ("platform", "Platform"),
)
_LONG = 5
_DIGITS = 32
_COLUMNS = (Column("What", "left"), Column("Value", "left"))


def build(folder: Folder) -> Section:
    """Identify data, model and command."""
    provenance = folder.evidence.get("provenance")
    title = "Provenance"
    if not provenance:
        line = "The scores folder does not say how its maps and masks were made."
        return Section("provenance", title, (Paragraph(line),))
    rows = tuple(
        (words, _shorten(key, plainly(provenance[key])))
        for key, words in _ROWS
        if provenance.get(key) not in (None, "", {}, [])
    )
    return Section("provenance", title, (_arrange(rows),))


def _arrange(rows: tuple[tuple[str, str], ...]) -> Block:
    """Put long lists into two columns."""
    if len(rows) < _LONG:
        return Table("What was run.", _COLUMNS, rows)
    half = -(-len(rows) // 2)
    return Beside(
        Table("What was run.", _COLUMNS, rows[:half]),
        Table("What was run, continued.", _COLUMNS, rows[half:]),
    )


def _shorten(key: str, value: str) -> str:
    return value[:_DIGITS] if key in ("dataset", "model") else value
