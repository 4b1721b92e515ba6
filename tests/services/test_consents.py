"""A consent belongs to one text: another text asks again, and each purpose is asked by itself."""

import pytest
from sqlalchemy import delete, select

from core.db.models import Consent, LogEntry
from core.domain.errors import InvalidInput, NotAllowed, StaleVersion
from core.domain.permissions import Role
from core.services import consents
from core.services.consents import ConsentPurpose, PrivacyNotice, agree, outstanding, privacy_notice
from core.services.context import Context
from tests.factories import make_account

NEWER = PrivacyNotice("新的说明", "f" * 64)


@pytest.mark.asvs("V14.2.1", "a new version of the privacy notice is put before everybody, and the answer is kept")
def test_a_new_text_asks_again_and_keeps_both_answers(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_account(context, Role.APPLICANT)
    assert outstanding(context, person) == ()
    monkeypatch.setattr(consents, "privacy_notice", lambda: NEWER)
    assert outstanding(context, person) == tuple(ConsentPurpose)
    agree(context, person, seen_version=NEWER.version, privacy=True, sensitive=True)
    assert outstanding(context, person) == ()
    with context.database.read() as tx:
        kept = tx.scalars(select(Consent).where(Consent.account_id == person.account_id)).all()
        assert {(each.purpose, each.text_hash) for each in kept} == {
            (purpose.value, hash_) for purpose in ConsentPurpose for hash_ in (privacy_notice().hash, NEWER.hash)
        }
        assert all(each.at == context.now() for each in kept)
        assert tx.scalars(select(LogEntry.action)).all() == ["consent.give"]


@pytest.mark.parametrize(("privacy", "sensitive", "missing"), [(False, True, "privacy"), (True, False, "sensitive")])
def test_each_is_asked_apart(context: Context, privacy: bool, sensitive: bool, missing: str) -> None:
    person = make_account(context, Role.APPLICANT)
    with context.database.write() as tx:
        tx.execute(delete(Consent))
    with pytest.raises(InvalidInput) as refused:
        agree(context, person, seen_version=privacy_notice().version, privacy=privacy, sensitive=sensitive)
    assert set(refused.value.fields) == {missing}
    assert outstanding(context, person) == tuple(ConsentPurpose)


def test_a_text_that_was_not_on_the_screen_is_not_agreed_to(context: Context) -> None:
    person = make_account(context, Role.APPLICANT)
    with pytest.raises(StaleVersion):
        agree(context, person, seen_version="000000000000", privacy=True, sensitive=True)


def test_staff_is_not_asked(context: Context) -> None:
    clerk = make_account(context, Role.ADMINISTRATOR)
    assert outstanding(context, clerk) == ()
    with pytest.raises(NotAllowed):
        agree(context, clerk, seen_version=privacy_notice().version, privacy=True, sensitive=True)
