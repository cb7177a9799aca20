"""Expected failures of a command: their message, without a traceback, and exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show an expected failure as its message, without a traceback, and end with code 1."""
    try:
        yield
    except typer.Exit:
        raise
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(1) from None
