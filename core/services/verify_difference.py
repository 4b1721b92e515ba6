"""One thing that a recount found to be otherwise than the rows say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """`invariant` is I1 … I9 (domain.md §3) or FILES; `subject` names the record by table and id."""

    invariant: str
    subject: str
    expected: str
    found: str
