"""What people read at the terminal: results as small tables, errors as one line on standard error."""

from rich.console import Console
from rich.table import Table

from deploy.load import LoadOutcome

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

LOAD_RESULTS = ("created", "unchanged", "refused")


def make_table(*columns: str) -> Table:
    """Headed by its columns; those that begin with `#` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column.removeprefix("#"), justify="right" if column.startswith("#") else "left")
    return made


def show_outcome(outcome: LoadOutcome) -> None:
    shown = make_table("file", *(f"#{result}" for result in LOAD_RESULTS))
    for file in outcome.files:
        shown.add_row(file, *(str(outcome.results[file, result]) for result in LOAD_RESULTS))
    out.print(shown)
    for refusal in outcome.refusals:
        err.print(f"refused: {refusal}", markup=False, style="red")
