"""`xinglin lapse`: what the clock decides (T7, T18), by hand or from a timer of the operating system."""

import typer

from core.cli.base import opened


def run() -> None:
    """Lapse every draft and return, and expire every offer, whose deadline has passed."""
    with opened() as context:
        from core.services.admission import expire_due
        from core.services.applications import lapse_due

        typer.echo(f"已失效 {lapse_due(context)} 份，逾期未确认 {expire_due(context)} 份。")
