"""I3 and I6: the events of each application, replayed against the table of transitions, give its state and version."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from core.db.models import Application, Event, Notice
from core.db.triggers import APPEND_ONLY
from core.domain.lifecycle import DECIDED, Action, State, find
from core.services.verify_difference import Difference

_Row = Row[*tuple[Any, ...]]
_EVENTS = select(
    Event.id,
    Event.application_id,
    Event.batch_id,
    Event.version,
    Event.action,
    Event.source,
    Event.target,
    Event.actor_id,
    Event.actor_role,
).order_by(Event.application_id, Event.version, Event.id)
_APPLICATIONS = select(
    Application.id, Application.batch_id, Application.state, Application.version, Application.decided_by
).order_by(Application.id)
_DECISIONS = frozenset({Action.APPROVE, Action.RETURN, Action.REJECT})


def differences(tx: Session) -> Iterator[Difference]:
    """Every difference of this part."""
    histories = {key: list(rows) for key, rows in groupby(tx.execute(_EVENTS), key=lambda row: row.application_id)}
    for application in tx.execute(_APPLICATIONS):
        yield from _replay(application, histories.pop(application.id, []))
    for application_id in histories:
        yield Difference("I3", f"event of application {application_id}", "有对应的志愿", "没有")
    yield from _notices(tx)
    yield from _triggers(tx)


def _replay(application: _Row, events: list[_Row]) -> Iterator[Difference]:
    subject = f"application {application.id}"
    state: str | None = None
    version = 0
    for event in events:
        if not _follows(event.version, version, state):
            yield Difference("I3", f"{subject} event {event.id}", f"版本 {version + 1}", f"版本 {event.version}")
        version = event.version
        if event.source != state:
            yield Difference("I3", f"{subject} event {event.id}", f"从 {state}", f"从 {event.source}")
        if event.batch_id != application.batch_id:
            yield Difference(
                "I3", f"{subject} event {event.id}", f"批次 {application.batch_id}", f"批次 {event.batch_id}"
            )
        yield from _in_table(subject, event)
        state = event.target
    if application.state != state:
        yield Difference("I3", f"{subject} state", str(state), application.state)
    if application.version != version and not (state == State.DRAFT and application.version > version):
        yield Difference("I3", f"{subject} version", str(version), str(application.version))
    yield from _decider(subject, application, events)


def _follows(found: int, version: int, state: str | None) -> bool:
    """Versions go up by one with each event; changing a draft's wish counts versions without one, being no transition."""
    return found > version if state == State.DRAFT else found == version + 1


def _in_table(subject: str, event: _Row) -> Iterator[Difference]:
    source = State(event.source) if event.source else None
    row = find(Action(event.action), source)
    name = f"{subject} event {event.id}"
    if row is None or row.target != event.target:
        yield Difference("I6", name, "转换表中的一行", f"{event.action}：{event.source} → {event.target}")
    elif event.actor_role not in {role.value for role in row.roles}:
        yield Difference("I6", name, f"由 {'、'.join(sorted(row.roles))}", f"由 {event.actor_role}")
    if event.actor_id is None and event.actor_role != "system":
        yield Difference("I3", name, "有操作人", "没有")


def _decider(subject: str, application: _Row, events: list[_Row]) -> Iterator[Difference]:
    if application.state not in DECIDED:
        return
    deciders = [event.actor_id for event in events if event.action in _DECISIONS]
    # An adjustment (T20) begins admitted: its review lies with its parent.
    if deciders and application.decided_by != deciders[-1]:
        yield Difference("I5", f"{subject} decided_by", f"account {deciders[-1]}", f"account {application.decided_by}")


def _notices(tx: Session) -> Iterator[Difference]:
    told = set(tx.execute(select(Notice.event_id)).scalars())
    for event in tx.execute(_EVENTS):
        row = find(Action(event.action), State(event.source) if event.source else None)
        if row is not None and row.notice and event.id not in told:
            yield Difference("I3", f"event {event.id} notice", "有通知", "没有")


def _triggers(tx: Session) -> Iterator[Difference]:
    if tx.get_bind().dialect.name == "sqlite":
        there = set(tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
        wanted = {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}
    else:
        there = set(tx.execute(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")).scalars())
        wanted = {f"{table}_{kind}" for table in APPEND_ONLY for kind in ("append_only", "no_truncate")}
    for name in sorted(wanted - there):
        yield Difference("I3", f"trigger {name}", "有", "没有")
