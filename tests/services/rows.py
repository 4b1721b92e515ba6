"""Applications written straight into their table, for tests of what stands around them."""

from core.db.models import Application, Seats
from core.domain.lifecycle import COUNTERS, DECIDED, State
from core.domain.permissions import Actor
from core.services.context import Context
from tests.factories import World


def make_application(
    context: Context, world: World, applicant: Actor, state: State, *, base: int = 0, specialty: int = 0
) -> int:
    """One application in `state` with the counters of its cell moved along; its id."""
    assert applicant.account_id is not None
    with context.database.write() as tx:
        place = (world.base_ids[base], world.specialty_ids[specialty])
        cell = tx.query(Seats).filter_by(batch_id=world.batch_id, base_id=place[0], specialty_id=place[1]).one()
        for name, states in COUNTERS.items():
            setattr(cell, name, getattr(cell, name) + int(state in states))
        decided = state in DECIDED
        application = Application(
            batch_id=world.batch_id,
            base_id=place[0],
            specialty_id=place[1],
            account_id=applicant.account_id,
            state=state.value,
            receipt=None if state is State.DRAFT else f"R{applicant.account_id:08}",
            created_at=context.now(),
            changed_at=context.now(),
            submitted_at=None if state is State.DRAFT else context.now(),
            decided_at=context.now() if decided else None,
            decided_by=applicant.account_id if decided else None,
        )
        tx.add(application)
        tx.flush()
        return application.id
