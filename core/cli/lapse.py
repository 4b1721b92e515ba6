"""`xinglin lapse`: T7 by hand or from a timer of the operating system."""

import typer

from core.cli.base import opened


def run() -> None:
    """Lapse every draft and return whose deadline has passed, once."""
    with opened() as context:
        from core.services.applications import lapse_due

        typer.echo(f"已失效 {lapse_due(context)} 份。")
