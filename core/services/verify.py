"""Recounting the whole database against the invariants I1–I9 (对账). Reads only; names records by id, never a person."""

from core.services import verify_anonymised, verify_events, verify_files, verify_rows
from core.services.context import Context
from core.services.verify_difference import Difference

__all__ = ["Difference", "verify"]


def verify(context: Context) -> list[Difference]:
    """Every difference, in the order of the invariants; empty when the rows agree with each other (一致)."""
    with context.database.read() as tx:
        found = [
            *verify_rows.differences(tx, context),
            *verify_events.differences(tx),
            *verify_files.differences(tx, context),
            *verify_anonymised.differences(tx),
        ]
    return sorted(found, key=lambda each: each.invariant)
