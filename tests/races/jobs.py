"""What a process of a race does: `python -m tests.races.jobs URL FOLDER JOB NUMBERS…` prints an outcome a try."""

import sys
from collections.abc import Mapping
from pathlib import Path

from core.domain.permissions import Actor, Role
from core.services import admission, applications
from core.services.context import Context
from tests.applicants import new_key
from tests.conftest import build_context
from tests.races.machines import at_once


def submit(context: Context, tries: int, process: int, account: int, batch: int, base: int, specialty: int) -> None:
    """`tries` submissions of one person."""
    actor = Actor(account, Role.APPLICANT)

    def step(key: str) -> object:
        return applications.submit(
            context,
            actor,
            batch_id=batch,
            base_id=base,
            specialty_id=specialty,
            declared=True,
            idempotency_key=key,
        )

    keys = [f"process-{process}-{new_key()}" for _ in range(tries)]
    tell(at_once([lambda key=key: step(key) for key in keys], threads=5))


def propose(context: Context, lead: int, base: int, first: int, count: int) -> None:
    """Propose the applications `first` to `first + count - 1`, approved at version 3."""
    actor = Actor(lead, Role.BASE_LEAD, frozenset({base}))
    steps = [
        lambda found=found: admission.propose(context, actor, application_id=found, seen_version=3)
        for found in range(first, first + count)
    ]
    tell(at_once(steps, threads=5))


def lapse(context: Context) -> None:
    """The clock's lapse, as every process runs it; prints ok for each application it moved."""
    tell({"ok": applications.lapse_due(context)})


def tell(outcomes: Mapping[str, int]) -> None:
    """One word a try."""
    sys.stdout.write(" ".join(code for code, count in outcomes.items() for _ in range(count)) + "\n")


def main() -> None:
    """Build the context, say ready, wait for go, run."""
    url, folder, job, *numbers = sys.argv[1:]
    context = build_context(url, Path(folder))
    with context.database.read() as tx:
        tx.connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    {"submit": submit, "propose": propose, "lapse": lapse}[job](context, *map(int, numbers))


if __name__ == "__main__":
    main()
