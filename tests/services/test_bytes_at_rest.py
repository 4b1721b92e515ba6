"""Nothing that a person typed lies in clear, neither in the database nor among the objects."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from core.db.models import Account, Document, Draft, Reading
from core.domain.data_requests import RequestKind
from core.domain.lifecycle import Action
from core.domain.permissions import Actor, Role
from core.domain.reasons import CHECKLIST, ReturnItem, ReturnReason
from core.domain.registration import Registration
from core.services import data_requests, leases, retention, reviews
from core.services.accounts import log_in
from core.services.context import Context
from core.services.personal_values import _raw
from core.services.registration import register, request_register_code, request_reset_code
from core.services.verify import verify
from tests.applicants import Stage, make_stage
from tests.factories import CHEAP, complete_profile, make_world
from tests.services.test_retention import MONTHS, pass_the_period

NUMBER, MOBILE, NAME = "350203200002290045", "13812345678", "欧阳杏林子"
ADDRESS, EMAIL, RELATIVE = "鼓楼区杏林路88号3单元602室", "ouyang.xinglinzi@example.com", "欧阳老先生"
NOTE, READ, PLACE = "请欧阳同志补正姓名", "公民欧阳某某读出的文字", "电话问过13987654321"
PLANTED = (NUMBER, MOBILE, NAME, ADDRESS, EMAIL, RELATIVE, NOTE, READ, PLACE, "13700000007", "Yaocai#2468")


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context))


def lived(stage: Stage) -> Actor:
    """Registration, login, reset code, profile, draft, reading, submission, return with a note, a tick, a request."""
    context = stage.context
    sent = request_register_code(context, number_kind="resident", number=NUMBER, phone=MOBILE, address="10.0.0.1")
    form = Registration(
        identity_type="resident_physician",
        number_kind="resident",
        number=NUMBER,
        name=NAME,
        phone=MOBILE,
        code=sent.shown or "",
        password="Yaocai#2468",
        repeat="Yaocai#2468",
        privacy=True,
        sensitive=True,
    )
    person = Actor(register(context, form, address="10.0.0.1", cost=CHEAP), Role.APPLICANT)
    log_in(context, login=NUMBER, password="Yaocai#2468", address="10.0.0.1", bound_to="b")
    stage.clock.at = stage.clock.at.replace(minute=30)
    request_reset_code(context, number=NUMBER, address="10.0.0.1")
    private = {"address": ADDRESS, "email": EMAIL, "emergency_name": RELATIVE, "emergency_phone": "13700000007"}
    complete_profile(context, person, basic=private)
    with context.database.write() as tx:
        now = context.now()
        tx.add(Draft(account_id=person.account_id, form="t", base_version=1, content=private, updated_at=now))
        document = tx.scalars(select(Document.id)).first()
        words = {"lines": [[READ, 0.99, [0, 0, 1, 1]]]}
        tx.execute(insert(Reading).values(document_id=document, words=words, engine="t", read_at=now))
    application = stage.submit(person).application_id
    leases.take(context, stage.reviewer, application_id=application)
    item = next(iter(CHECKLIST))
    reviews.tick(context, stage.reviewer, application_id=application, item=item, checked=True, where=PLACE)
    stage.review(application, Action.RETURN, (ReturnItem("basic.email", ReturnReason.OTHER, NOTE),))
    data_requests.ask(context, person, kind=RequestKind.CORRECTION, note=NOTE)
    return person


def found(context: Context) -> Iterator[str]:
    rows = b"".join(_raw(context))
    objects = [path for path in (context.settings.data_dir / "objects").rglob("*") if path.is_file()]
    assert len(rows) > 10_000
    assert objects
    for value in PLANTED:
        for coded in (value.encode(), value.encode("utf-16-le"), value.encode("gb18030")):
            if coded in rows or any(coded in path.read_bytes() for path in objects):
                yield value


@pytest.mark.asvs("V14.1.2", "no name, number, phone, address, note or reading lies in clear in database or objects")
def test_nothing_lies_in_clear(stage: Stage) -> None:
    lived(stage)
    assert list(found(stage.context)) == []


def test_the_search_can_find(stage: Stage) -> None:
    """The control: the same value in a plain column is found."""
    lived(stage)
    with stage.context.database.write() as tx:
        tx.scalars(select(Account).where(Account.role == "applicant")).one().identity_type = MOBILE
    assert set(found(stage.context)) == {MOBILE}


def test_after_the_period_it_can_t_even_be_opened(stage: Stage) -> None:
    context = stage.context
    person = lived(stage)
    pass_the_period(stage)
    done = retention.run(context, Actor(None, Role.ADMINISTRATOR))
    assert (done.people, done.proven, MONTHS) == (1, True, context.settings.retention_months)
    with context.database.read() as tx:
        opened = "".join(_opened(tx))
    assert [value for value in PLANTED if value in opened] == []
    assert NUMBER[-4:] not in opened
    assert verify(context) == []
    assert person.account_id


def _opened(tx: object) -> Iterator[str]:
    """Every value of every table as our own types open them."""
    from core.db.models import Base

    for table in Base.metadata.sorted_tables:
        for row in tx.execute(select(table)):  # type: ignore[attr-defined]
            yield from (repr(value) for value in row if value is not None and not isinstance(value, int | float))
