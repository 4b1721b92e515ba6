"""One reading of the board for all viewers of a process and second; what each may see is cut off afterwards."""

import streamlit as st

from core import runtime
from core.domain.permissions import Actor, Permission, Role
from core.queries.batches import BatchView, batches
from core.queries.board import Board, read_board
from core.queries.plan import PlanRow, public_plan

SECONDS = 1.0
"""A reading is never older than this, so that a decision shows within five seconds (two between redraws)."""


def visible_board(actor: Actor, batch_id: int) -> Board:
    """The board of a batch as `actor` may see it: administrators all bases, a base lead the own.

    Raises NotAllowed for everybody else.
    """
    actor.require(Permission.SEE_BOARD)
    board = _shared_board(runtime.context().settings.url, batch_id)
    return board if actor.role is Role.ADMINISTRATOR else board.cut(actor.base_ids)


def visible_batches(actor: Actor) -> dict[int, BatchView]:
    """The batches that `actor` may choose from, the newest first: administrators all, a base lead the published ones."""
    actor.require(Permission.SEE_BOARD)
    context = runtime.context()
    found = _shared_batches(context.settings.url)
    everything = actor.role is Role.ADMINISTRATOR
    return {batch.id: batch for batch in found if everything or batch.windows.publish_at <= context.now()}


def shared_plan(batch_id: int) -> tuple[PlanRow, ...]:
    """The public plan of a batch."""
    return _shared_plan(runtime.context().settings.url, batch_id)


@st.cache_data(ttl=SECONDS, show_spinner=False, max_entries=16)
def _shared_board(database_url: str, batch_id: int) -> Board:
    return read_board(runtime.context(), batch_id)


@st.cache_data(ttl=SECONDS, show_spinner=False, max_entries=16)
def _shared_batches(database_url: str) -> tuple[BatchView, ...]:
    return batches(runtime.context())


@st.cache_data(ttl=SECONDS, show_spinner=False, max_entries=16)
def _shared_plan(database_url: str, batch_id: int) -> tuple[PlanRow, ...]:
    return public_plan(runtime.context(), batch_id)


def forget() -> None:
    """Drop the shared readings (tests; after a change that must show at once)."""
    _shared_board.clear()
    _shared_plan.clear()
    _shared_batches.clear()
