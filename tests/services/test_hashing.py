"""Argon2id for new hashes; bcrypt of before opens once more and is replaced, and time tells neither from the other."""

from datetime import date

import bcrypt
import pytest
from sqlalchemy import select, update

from core.db.models import Account
from core.domain.errors import NotAllowed
from core.domain.identity import make_number
from core.domain.permissions import Role
from core.services import hashing, sessions
from core.services.accounts import log_in
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.hashing import COST, Cost, hash_password, outdated, verify
from core.services.logins import bcrypt_left
from tests.conftest import build_context
from tests.factories import CHEAP, make_account

NUMBER = make_number("350199", date(1997, 2, 3), 17)
PASSWORD = "Huoxiang!27"
OLD = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


@pytest.mark.asvs("V11.4.2", "passwords are hashed with Argon2id, 32 MiB and three passes")
def test_new_hashes_are_argon2id_at_the_full_cost() -> None:
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert len(hashed) <= 200
    assert verify(PASSWORD, hashed)
    assert not outdated(hashed)
    assert hashed != hash_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "x" * 1000, "密" * 100, "\x00", "a\x00b", "\ud800", PASSWORD])
def test_any_text_is_hashed_whole(password: str) -> None:
    hashed = hash_password(password, cost=CHEAP)
    assert verify(password, hashed)
    assert not verify(password + "x", hashed)


@pytest.mark.parametrize("hashed", [None, "", "unusable", "$argon2id$broken"])
@pytest.mark.parametrize("left", [True, False])
def test_no_hash_or_a_broken_one_fits_nothing(hashed: str | None, left: bool) -> None:
    assert not verify(PASSWORD, hashed, bcrypt_left=left)
    assert not verify("", hashed, bcrypt_left=left)


@pytest.mark.parametrize("password", [PASSWORD + "x", "", "x" * 200, "\x00", PASSWORD + "\x00"])
def test_bcrypt_still_opens_with_the_right_password_only(password: str) -> None:
    assert verify(PASSWORD, OLD)
    assert verify(PASSWORD, OLD, bcrypt_left=True)
    assert not verify(password, OLD)


def test_cheaper_hashes_and_bcrypt_are_outdated() -> None:
    assert outdated(OLD)
    assert outdated(hash_password(PASSWORD, cost=Cost(COST.memory, COST.passes - 1)))


@pytest.mark.asvs("V11.4.2", "a hash of before is replaced at the next login")
def test_a_login_replaces_a_hash_of_before(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT, login=NUMBER)
    with context.database.write() as tx:
        tx.execute(update(Account).where(Account.id == actor.account_id).values(password_hash=OLD))
    assert bcrypt_left(context)
    with pytest.raises(NotAllowed):
        log_in(context, login=NUMBER, password="wrong", address="x", bound_to=sessions.digest("b"))
    assert stored(context) == OLD, "a wrong try replaces nothing"
    for _ in range(2):
        assert log_in(context, login=NUMBER, password=PASSWORD, address="x", bound_to=sessions.digest("b"))
        assert stored(context).startswith("$argon2id$")
    assert not bcrypt_left(context)


def stored(context: Context) -> str:
    with context.database.read() as tx:
        return tx.scalars(select(Account.password_hash)).one()


@pytest.mark.parametrize("kind", ["argon", "bcrypt", "nobody"])
@pytest.mark.parametrize("left", [True, False])
def test_every_try_does_the_same_work(monkeypatch: pytest.MonkeyPatch, kind: str, left: bool) -> None:
    done: list[str] = []
    monkeypatch.setattr(hashing, "_fits_argon", lambda *_: done.append("argon") or False)
    monkeypatch.setattr(hashing, "_fits_bcrypt", lambda *_: done.append("bcrypt") or False)
    known = {"argon": hash_password(PASSWORD, cost=CHEAP), "bcrypt": OLD, "nobody": None}[kind]
    verify("guess", known, bcrypt_left=left)
    if left:
        assert sorted(done) == ["argon", "bcrypt"]
    elif kind != "bcrypt":
        assert done == ["argon"]


@pytest.mark.asvs("V6.2.1", "length and classes are settings; the manual's 8 to 16 with four classes by default")
@pytest.mark.parametrize(
    ("settings", "password", "missing"),
    [
        ({}, PASSWORD, set()),
        ({}, "Huo!27x", {"LENGTH"}),
        ({}, "Huoxiang!27" + "x" * 6, {"LENGTH"}),
        ({"password_min_length": 12}, PASSWORD, {"LENGTH"}),
        ({"password_max_length": 64}, "Huoxiang!27" + "xyz" * 10, set()),
        ({"password_classes": ""}, "huoxiang huang".replace(" ", "-"), set()),
        ({"password_classes": "lower, digit"}, "huoxiang", {"DIGIT"}),
    ],
)
def test_the_policy_is_a_setting(
    sqlite_url: str, tmp_path: object, settings: dict[str, object], password: str, missing: set[str]
) -> None:
    context = build_context(sqlite_url, tmp_path, **settings)  # type: ignore[arg-type]
    rules = password_checklist(context, password)
    assert {rule.code for rule in rules if not rule.met} == missing
    context.database.dispose()


@pytest.mark.parametrize(
    "settings", [{"password_classes": "emoji"}, {"password_min_length": 7}, {"password_max_length": 15}]
)
def test_a_policy_that_cannot_be_is_refused(sqlite_url: str, tmp_path: object, settings: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        build_context(sqlite_url, tmp_path, **settings)  # type: ignore[arg-type]


@pytest.mark.asvs("V6.2.4", "well-known passwords are refused")
@pytest.mark.asvs("V6.2.11", "a password that contains name, pinyin, number or phone is refused")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Passw0rd!", "COMMON"),
        ("Chenshili#9", "NAME"),
        ("Shili_Chen#9", "NAME"),
        ("Aa!35019919970", "NUMBER"),
        ("Aa!139000000x", "PHONE"),
    ],
)
def test_what_others_know_is_no_password(sqlite_context: Context, password: str, code: str) -> None:
    rules = password_checklist(sqlite_context, password, name="陈示例", number=NUMBER, phone="13900000000")
    assert code in {rule.code for rule in rules if not rule.met}
