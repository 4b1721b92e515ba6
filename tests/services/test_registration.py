"""账号注册 and SMS codes: every rule of M4–M9 and §4, each refusal at its field with nothing stored."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core.clock import SetClock
from core.db.models import Account, Consent, LogEntry, OneTimeCode
from core.domain.errors import InvalidInput, TooManyTries
from core.domain.identity import make_number
from core.domain.registration import Registration
from core.services.codes import Purpose, guess
from core.services.consents import privacy_notice
from core.services.context import Context
from core.services.hashing import verify
from core.services.registration import register, request_register_code, request_reset_code
from tests.factories import CHEAP

NUMBER = make_number("350199", date(1998, 6, 1), 101)
PHONE = "13800000001"
FORM = Registration(
    identity_type="resident_physician",
    number_kind="resident",
    number=NUMBER,
    name="林示例",
    phone=PHONE,
    code="000000",
    password="Huoxiang!27",
    repeat="Huoxiang!27",
    privacy=True,
    sensitive=True,
)


def asked(context: Context, *, number: str = NUMBER, phone: str = PHONE, address: str = "local") -> str:
    sent = request_register_code(context, number_kind="resident", number=number, phone=phone, address=address)
    assert sent.shown is not None
    return sent.shown


def enrol(context: Context, **changes: Any) -> int | None:
    code = changes.pop("code", None) or asked(
        context, number=changes.get("number", NUMBER), phone=changes.get("phone", PHONE)
    )
    return register(context, replace(FORM, code=code, **changes), address="local", cost=CHEAP)


def faults(context: Context, form: Registration) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        register(context, form, address="local", cost=CHEAP)
    return refusal.value.fields


def accounts_stored(context: Context) -> int:
    with context.database.read() as tx:
        return tx.scalar(select(func.count()).select_from(Account)) or 0


def test_an_account_with_its_hashes_consents_and_log_line(context: Context) -> None:
    account_id = enrol(
        context, number=f" {NUMBER[:6]} {NUMBER[6:].lower()}", phone="+86 138-0000-0001", name=" 林示例 "
    )
    with context.database.read() as tx:
        account = tx.get_one(Account, account_id)
        assert (account.login, account.name, account.phone) == (NUMBER, "林示例", PHONE)
        assert (account.role, account.number_kind, account.identity_type) == (
            "applicant",
            "resident",
            "resident_physician",
        )
        assert account.number_suffix == NUMBER[-4:]
        assert verify("Huoxiang!27", account.password_hash)
        consents = tx.scalars(select(Consent).order_by(Consent.id)).all()
        assert [each.purpose for each in consents] == ["privacy_notice", "sensitive_data"]
        assert {(each.text_version, each.text_hash) for each in consents} == {
            (privacy_notice().version, privacy_notice().hash)
        }
        entry = tx.scalars(select(LogEntry).where(LogEntry.action == "register")).one()
        assert (entry.actor_id, entry.subject_id) == (account_id, str(account_id))
        assert NUMBER not in json.dumps(entry.details)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("identity_type", "", "住院医师"),
        ("identity_type", "teacher", "带教师资"),
        ("identity_type", "base_staff", "管理员"),
        ("identity_type", "specialist", "专科"),
        ("identity_type", "undergraduate", "本科生"),
        ("identity_type", "invented", "住院医师"),
        ("number_kind", "", "证件类型"),
        ("number_kind", "passport", "证件类型"),
        ("number", "", "证件号"),
        ("number", "350102199602300019", "日期"),
        ("number", "110105194912310021", "校验码"),
        ("number", "350102960815001", "15 位"),
        ("number", "440524188001010014", "1900"),
        ("number", "C12345678", "往来港澳通行证"),
        ("number", "H" * 10_000, "太长"),
        ("name", "", "姓名"),
        ("name", "<script>", "姓名"),
        ("name", "林" * 10_000, "姓名"),
        ("phone", "12345", "手机号"),
        ("phone", "+852 61234567", "香港"),
        ("code", "", "手机验证码"),
        ("code", "12345", "6 位"),
        ("password", "", "密码"),
        ("password", "short1!", "密码"),
        ("password", "alllower1!", "大写"),
        ("password", "Passw0rd!", "常见"),
        ("password", "Linshili#9", "姓名"),
        ("password", f"Aa!{NUMBER[6:14]}", "证件号"),
        ("password", f"Aa!{PHONE}", "手机号"),
        ("password", "Ab1!" * 2500, "16"),
        ("repeat", "", "再输入"),
        ("repeat", "Huoxiang!28", "不一致"),
        ("privacy", False, "隐私"),
        ("sensitive", False, "敏感"),
    ],
)
def test_each_rule_has_its_sentence_beside_its_field(
    sqlite_context: Context, field: str, value: Any, words: str
) -> None:
    code = asked(sqlite_context)
    found = faults(sqlite_context, replace(FORM, **({"code": code} | {field: value})))
    assert words in found[field]
    assert accounts_stored(sqlite_context) == 0
    # The refused form has not burned the code.
    assert register(sqlite_context, replace(FORM, code=code), address="local", cost=CHEAP)


@pytest.mark.parametrize(
    ("kind", "number", "stored"),
    [
        ("resident", "11010519491231002x", "11010519491231002X"),
        ("residence", "810000199703030014", "810000199703030014"),
        ("hk-macao", "h1234567802", "H12345678"),
        ("taiwan", "12345678", "12345678"),
    ],
)
def test_every_kind_of_document(context: Context, kind: str, number: str, stored: str) -> None:
    sent = request_register_code(context, number_kind=kind, number=number, phone=PHONE, address="local")
    form = replace(FORM, number_kind=kind, number=number, code=sent.shown or "")
    account_id = register(context, form, address="local", cost=CHEAP)
    with context.database.read() as tx:
        assert tx.get_one(Account, account_id).login == stored


@pytest.mark.parametrize(("age", "good"), [(timedelta(seconds=299), True), (timedelta(seconds=300), False)])
def test_a_code_lives_less_than_five_minutes(context: Context, clock: SetClock, age: timedelta, good: bool) -> None:
    code = asked(context)
    clock.at += age
    if good:
        assert enrol(context, code=code)
    else:
        assert set(faults(context, replace(FORM, code=code))) == {"code"}


def test_a_code_counts_once(context: Context) -> None:
    code = asked(context)
    enrol(context, code=code)
    other = replace(FORM, code=code, number=make_number("350199", date(1998, 6, 1), 102))
    assert set(faults(context, other)) == {"code"}


def test_a_code_is_bound_to_its_phone_and_purpose(context: Context, clock: SetClock) -> None:
    code = asked(context)
    assert set(faults(context, replace(FORM, code=code, phone="13800000002"))) == {"code"}
    assert guess(context, PHONE, Purpose.RESET) is None
    enrol(context, code=code)
    clock.advance(minutes=1)
    reset = request_reset_code(context, number=NUMBER, address="local").shown
    other = replace(FORM, code=reset or "", number=make_number("350199", date(1998, 6, 1), 103))
    assert set(faults(context, other)) == {"code"}


def test_only_the_newest_code_counts(context: Context, clock: SetClock) -> None:
    first = asked(context)
    clock.advance(minutes=1)
    second = asked(context)
    if first != second:
        assert set(faults(context, replace(FORM, code=first))) == {"code"}
    assert enrol(context, code=second)


def test_five_guesses_kill_a_code(context: Context) -> None:
    code = asked(context)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert set(faults(context, replace(FORM, code=wrong))) == {"code"}
    assert set(faults(context, replace(FORM, code=code))) == {"code"}


@pytest.mark.asvs(
    "V6.3.8", "registering a number that has an account answers like one that has none; its owner is told"
)
def test_a_number_registered_before_answers_alike_and_only_its_owner_learns_of_it(
    context: Context, clock: SetClock
) -> None:
    first = enrol(context)
    assert first is not None
    before = password_of(context, first)
    for minutes, phone in ((1, "13800000009"), (2, "13800000008")):
        clock.advance(minutes=minutes)
        assert enrol(context, phone=phone, password="Fangfeng#83", repeat="Fangfeng#83") is None
    assert accounts_stored(context) == 1
    assert password_of(context, first) == before
    told = [json.loads(line) for line in outbox_of(context).splitlines()]
    assert [(each["to"], each["purpose"]) for each in told if each["purpose"] == "taken"] == [(PHONE, "taken")]
    clock.advance(days=1)
    enrol(context, phone="13800000007")
    assert outbox_of(context).count('"taken"') == 2


def outbox_of(context: Context) -> str:
    return (context.settings.data_dir / "outbox" / "sms.jsonl").read_text("utf-8")


def password_of(context: Context, account_id: int) -> str:
    with context.database.read() as tx:
        return tx.get_one(Account, account_id).password_hash


def test_twice_at_once_makes_one_account(context: Context) -> None:
    from concurrent.futures import ThreadPoolExecutor

    codes = {phone: asked(context, phone=phone) for phone in ("13800000001", "13800000002", "13800000003")}

    def one(phone: str) -> bool:
        form = replace(FORM, phone=phone, code=codes[phone])
        return register(context, form, address="local", cost=CHEAP) is not None

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(one, codes)) == 1
    assert accounts_stored(context) == 1


def test_a_phone_waits_a_minute_for_the_next_code(context: Context, clock: SetClock) -> None:
    start = clock.at
    asked(context)
    clock.at = start + timedelta(seconds=59)
    with pytest.raises(TooManyTries) as refusal:
        asked(context)
    assert refusal.value.details["retry_at"] == start + timedelta(seconds=60)
    clock.advance(seconds=1)
    asked(context)


def test_the_message_goes_to_the_outbox_and_no_code_is_stored(context: Context) -> None:
    code = asked(context)
    line = json.loads((context.settings.data_dir / "outbox" / "sms.jsonl").read_text("utf-8"))
    assert (line["to"], line["purpose"], line["code"]) == (PHONE, "register", code)
    assert code in line["text"]
    assert line["at"].startswith("2026-08-01T09:00:00")
    with context.database.read() as tx:
        row = tx.scalars(select(OneTimeCode)).one()
        assert re.fullmatch("[0-9a-f]{64}", row.code_hash)
        assert re.fullmatch("[0-9a-f]{64}", row.phone_hash)


def test_outside_the_demonstration_no_code_is_handed_to_the_page(sqlite_url: str, tmp_path: Any) -> None:
    from tests.conftest import build_context

    live = build_context(sqlite_url, tmp_path, demo=False)
    sent = request_register_code(live, number_kind="resident", number=NUMBER, phone=PHONE, address="local")
    assert sent.shown is None
    assert request_reset_code(live, number=make_number("350199", date(1990, 1, 1), 5), address="local").shown is None
    live.database.dispose()


def test_a_form_never_shows_itself() -> None:
    assert NUMBER not in repr(FORM)
    assert FORM.password not in repr(FORM)
