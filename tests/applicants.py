"""Applicants with a complete profile, and applications brought to any state by the use cases themselves."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from core.clock import SetClock
from core.db.models import Application, Correction, Document, Profile
from core.domain.guards import Facts
from core.domain.lifecycle import Action, State
from core.domain.permissions import Actor, Role
from core.domain.reasons import Refusal, RefusalReason, ReturnItem, ReturnReason
from core.services import admission, applications, publication
from core.services.applications import Receipt
from core.services.context import Context
from core.services.moves import move, read_for_move
from tests.factories import CORRECTION_END, World, make_account

_serial = count(1)
_keys = count(1)


def new_key() -> str:
    """An idempotency key nobody used."""
    return f"key-{next(_keys):08}"


def complete_profile(account_id: int) -> dict[str, Any]:
    """A profile that lacks nothing and breaks no hard rule."""
    return {
        "basic": {
            "sex": "男",
            "birth_date": "1998-03-02",
            "ethnic_group": "01",
            "home_division": "350102",
            "email": "someone@example.com",
            "address": "示例路1号示例楼101室",
            "emergency_name": "陈示例",
            "emergency_relation": "FATHER",
            "emergency_phone": "13900000001",
            "person_type": "SOCIAL",
            "graduate_kind": "PAST",
        },
        "education": [
            {
                "id": "e1",
                "level": "BACHELOR",
                "degree": "BACHELOR",
                "school": "10393",
                "major": "100501K",
                "start": "2016-09-01",
                "end": "2021-06-30",
                "status": "COMPLETED",
                "diploma_number": "103931202105000001",
                "diploma": f"doc{account_id}dip",
                "degree_number": "1039342021000001",
                "degree_scan": f"doc{account_id}deg",
            }
        ],
        "practice": {"qualified": "no", "pending": "no"},
        "documents": {
            "portrait": f"doc{account_id}por",
            "id_front": f"doc{account_id}fro",
            "id_back": f"doc{account_id}bac",
        },
    }


_KINDS = {"por": "portrait", "fro": "id_front", "bac": "id_back", "dip": "diploma", "deg": "degree"}


def make_applicant(context: Context, *, profile: bool = True) -> Actor:
    """An account with a complete profile and its documents, written by the tables themselves."""
    actor = make_account(context, Role.APPLICANT, login=f"H{next(_serial):08}", number_kind="hk-macao")
    if profile and actor.account_id is not None:
        with context.database.write() as tx:
            tx.add_all([make_document(context, actor, f"doc{actor.account_id}{s}", k) for s, k in _KINDS.items()])
            content = complete_profile(actor.account_id)
            tx.add(Profile(account_id=actor.account_id, content=content, version=1, updated_at=context.now()))
    return actor


def make_document(context: Context, actor: Actor, document_id: str, kind: str) -> Document:
    """An unsaved document row whose picture nobody looks at."""
    key = sha256(document_id.encode()).hexdigest()
    return Document(
        id=document_id,
        account_id=actor.account_id,
        kind=kind,
        object_key=key,
        thumbnail_key=key,
        size=200_000,
        width=800,
        height=600,
        original_sha256=key,
        findings=[],
        created_at=context.now(),
    )


def change_profile(context: Context, actor: Actor, **paths: Any) -> None:
    """Write values by path (`basic__email="…"`) past the use case, as a save would leave them."""
    with context.database.write() as tx:
        profile = tx.get(Profile, actor.account_id)
        assert profile is not None
        content = {k: (list(v) if isinstance(v, list) else dict(v)) for k, v in profile.content.items()}
        for path, value in paths.items():
            section, *rest = path.split("__")
            if section == "education":
                rows = {row["id"]: dict(row) for row in content["education"]}
                rows[rest[0]][rest[1]] = value
                content["education"] = list(rows.values())
            else:
                content[section][rest[0]] = value
        profile.content = content
        profile.version += 1


@dataclass(frozen=True)
class Stage:
    """A world with its people, in which applications can be brought to any state."""

    context: Context
    world: World
    reviewer: Actor
    lead: Actor
    foreign_reviewer: Actor
    foreign_lead: Actor
    first_admin: Actor
    second_admin: Actor

    @property
    def clock(self) -> SetClock:
        """The clock, to be moved."""
        assert isinstance(self.context.clock, SetClock)
        return self.context.clock

    def submit(self, applicant: Actor, *, base: int = 0, specialty: int = 0, **more: Any) -> Receipt:
        """T1 and T2 at once."""
        values = {
            "batch_id": self.world.batch_id,
            "base_id": self.world.base_ids[base],
            "specialty_id": self.world.specialty_ids[specialty],
            "accepts_adjustment": True,
            "declared": True,
            "idempotency_key": new_key(),
        } | more
        return applications.submit(self.context, applicant, **values)

    def read(self, application_id: int) -> Application:
        """The row as it is now."""
        with self.context.database.read() as tx:
            row = tx.get(Application, application_id)
            assert row is not None
            return row

    def review(self, application_id: int, action: Action, items: tuple[ReturnItem, ...] = ()) -> None:
        """T9, T11 or T12 by the base's reviewer through the one writer of states."""
        with self.context.database.write() as tx:
            application = read_for_move(tx, self.reviewer, application_id)
            facts = Facts(
                now=self.context.now(),
                actor_id=self.reviewer.account_id,
                owner_id=application.account_id,
                lease_by=self.reviewer.account_id,
                lease_until=self.context.now() + timedelta(minutes=15),
                unticked=(),
                open_corrections=0,
                returns=items,
                refusal=Refusal(RefusalReason.OTHER, "不符合本批次条件"),
            )
            revision = application.revision
            version = application.version
            reason = "" if action is Action.APPROVE else "请按说明处理"
            move(tx, self.context, self.reviewer, application, action, seen_version=version, facts=facts, reason=reason)
            tx.add_all(
                Correction(
                    application_id=application_id, revision=revision, field=i.field, reason=i.reason.value, note=i.note
                )
                for i in items
            )

    def return_(self, application_id: int, *fields: str) -> None:
        """T11 with a correction for each field."""
        items = tuple(ReturnItem(f, ReturnReason.OTHER, "请按原件更正") for f in fields or ("basic.email",))
        self.review(application_id, Action.RETURN, items)

    def propose(self, application_id: int) -> None:
        """T14."""
        seen = self.read(application_id).version
        admission.propose(self.context, self.lead, application_id=application_id, seen_version=seen)

    def publish(self, waiting: int = 1) -> None:
        """T16 by two administrators."""
        batch_id = self.world.batch_id
        plan = publication.prepare(self.context, self.first_admin, batch_id=batch_id, waiting=waiting)
        publication.publish(self.context, self.second_admin, batch_id=batch_id, digest=plan.digest)

    def bring(self, applicant: Actor, state: State) -> int:
        """An application of `applicant` in `state`, made along the table; the clock comes back to where it stood."""
        started = self.clock.at
        try:
            return _bring(self, applicant, state)
        finally:
            self.clock.at = started


def make_stage(context: Context, world: World) -> Stage:
    """Reviewers and leads of both bases and two administrators."""
    own, foreign = (world.base_ids[0],), (world.base_ids[1],)
    return Stage(
        context,
        world,
        make_account(context, Role.REVIEWER, base_ids=own),
        make_account(context, Role.BASE_LEAD, base_ids=own),
        make_account(context, Role.REVIEWER, base_ids=foreign),
        make_account(context, Role.BASE_LEAD, base_ids=foreign),
        make_account(context, Role.ADMINISTRATOR),
        make_account(context, Role.ADMINISTRATOR),
    )


def _bring(stage: Stage, applicant: Actor, state: State) -> int:
    context = stage.context
    if state is State.DRAFT:
        world = stage.world
        made = applications.choose(
            context,
            applicant,
            batch_id=world.batch_id,
            base_id=world.base_ids[0],
            specialty_id=world.specialty_ids[0],
        )
        return made.application_id
    found = stage.submit(applicant).application_id

    def seen() -> int:
        return stage.read(found).version

    match state:
        case State.SUBMITTED:
            pass
        case State.RETURNED:
            stage.return_(found)
        case State.REJECTED:
            stage.review(found, Action.REJECT)
        case State.CANCELLED:
            applications.cancel(context, applicant, application_id=found, seen_version=seen())
        case State.LAPSED:
            stage.return_(found)
            stage.clock.at = CORRECTION_END
            applications.lapse_own(context, applicant)
        case _:
            stage.review(found, Action.APPROVE)
            _bring_on(stage, applicant, found, state)
    assert stage.read(found).state == state.value
    return found


def _bring_on(stage: Stage, applicant: Actor, found: int, state: State) -> None:
    context = stage.context

    def seen() -> int:
        return stage.read(found).version

    if state is State.APPROVED:
        return
    if state is State.REVOKED:
        first, second = stage.first_admin, stage.second_admin
        admission.request_revocation(context, first, application_id=found, seen_version=seen())
        admission.revoke(context, second, application_id=found, seen_version=seen(), reason="材料不实")
        return
    if state in (State.WAITLISTED, State.NOT_ADMITTED):
        stage.publish(waiting=int(state is State.WAITLISTED))
        return
    stage.propose(found)
    if state is State.ADMIT_PENDING:
        return
    stage.publish()
    if state is State.DECLINED:
        admission.decline(context, applicant, application_id=found, seen_version=seen(), typed="放弃")
    if state in (State.CONFIRMED, State.REPORTED, State.NO_SHOW):
        admission.confirm(context, applicant, application_id=found, seen_version=seen())
    if state in (State.REPORTED, State.NO_SHOW):
        stage.clock.at = CORRECTION_END + timedelta(days=31)
        step = admission.report if state is State.REPORTED else admission.miss_report
        step(context, stage.lead, application_id=found, seen_version=seen())
