"""账号注册 and the SMS codes of registration and reset (M2–M10)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account
from core.domain.errors import InvalidInput
from core.domain.identity import DocumentKind, check_number, number_suffix
from core.domain.passwords import password_sentence
from core.domain.permissions import Actor, Role
from core.domain.phones import check_phone
from core.domain.registration import (
    Registration,
    check_document,
    check_number_kind,
    check_registration,
    normalize_code,
)
from core.domain.text import clean_person_name
from core.services import throttle
from core.services.codes import Purpose, guess, make_code, send_code, use_up
from core.services.consents import ConsentPurpose, record_consent
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.hashing import COST, Cost, hash_password
from core.services.journal import record
from core.services.logins import account_by_login, login_hash, normalize_login, phone_hash

WRONG_CODE = "手机验证码不正确或已过期（5 分钟内有效，只能用一次），请核对短信，或重新获取。"
TAKEN = "这个证件号已经注册过。请直接登录；忘记密码可在登录页重设；不是您本人注册的，请联系技术支持。"
NOT_SENT = "短信暂时发不出去，验证码没有发送。请稍后再点「获取验证码」，已填写的内容都在。"


@dataclass(frozen=True, slots=True)
class CodeSent:
    """`again_at`: when another may be asked for. `shown`: the code itself, in the demonstration only."""

    again_at: datetime
    shown: str | None = field(default=None, repr=False)


def request_register_code(context: Context, *, number_kind: str, number: str, phone: str, address: str) -> CodeSent:
    """Send a registration code. The answer is the same whether or not the document is registered already.

    Raises InvalidInput for a phone or document that can't be right, TooManyTries at a limit (M6).
    """
    faults = {
        "number_kind": check_number_kind(number_kind),
        "number": check_document(number_kind, number, today=_today(context)),
        "phone": check_phone(phone).sentence,
    }
    if found := {name: text for name, text in faults.items() if text}:
        raise InvalidInput(found)
    normalized = check_phone(phone).normalized
    with context.database.write() as tx:
        _take_code_limits(tx, context, normalized, normalize_login(number), address)
        code = make_code(tx, context, normalized, Purpose.REGISTER)
    return _send(context, normalized, Purpose.REGISTER, code)


def request_reset_code(context: Context, *, number: str, address: str) -> CodeSent:
    """Send a reset code to the phone registered with this document; an unknown one gets the same answer (M10).

    For an unknown number the same rows are written and only the hand-over to the gateway is left out.
    """
    login = normalize_login(number)
    if not login:
        raise InvalidInput({"number": "请填写证件号。"})
    with context.database.write() as tx:
        account = account_by_login(tx, context, login)
        known = account is not None and account.active and account.phone is not None
        phone = account.phone if account is not None and account.phone is not None and known else nobodys_phone(login)
        _take_code_limits(tx, context, phone, login, address)
        code = make_code(tx, context, phone, Purpose.RESET)
    if not known:
        return CodeSent(context.now() + throttle.CODE_PAUSE.forget, code if context.settings.demo else None)
    return _send(context, phone, Purpose.RESET, code)


def register(context: Context, form: Registration, *, address: str, cost: Cost = COST) -> int:
    """Create an applicant's account; its id.

    Raises InvalidInput with a sentence per field (M4–M7, §4, and the number already registered, which only the
    holder of a fresh code learns), or TooManyTries. A refused form leaves the code usable.
    """
    faults = check_registration(form, today=_today(context))
    rules = password_checklist(context, form.password, name=form.name, number=form.number, phone=form.phone)
    if sentence := password_sentence(rules):
        faults["password"] = sentence if form.password else "请设置密码。"
    if faults:
        raise InvalidInput(faults)
    throttle.reserve(context, throttle.REGISTER_ADDRESS, address)
    phone, code = check_phone(form.phone).normalized, normalize_code(form.code)
    code_id = guess(context, phone, Purpose.REGISTER)
    password_hash = hash_password(form.password, cost=cost)
    try:
        with context.database.write() as tx:
            if not use_up(tx, context, code_id, phone, Purpose.REGISTER, code):
                raise InvalidInput({"code": WRONG_CODE})
            return _create(tx, context, form, phone, password_hash)
    except IntegrityError as error:
        raise InvalidInput({"number": TAKEN}) from error


def nobodys_phone(login: str) -> str:
    """What stands for the phone of an account that does not exist, so that it has limits and codes all the same."""
    return f"nobody:{login}"


def _create(tx: Session, context: Context, form: Registration, phone: str, password_hash: str) -> int:
    kind = DocumentKind(form.number_kind)
    number = check_number(kind, form.number, today=_today(context)).normalized
    if account_by_login(tx, context, number) is not None:
        raise InvalidInput({"number": TAKEN})
    account = Account(
        role=Role.APPLICANT.value,
        login=number,
        login_hash=login_hash(context.keyring, number),
        number_kind=kind.value,
        number_suffix=number_suffix(number),
        name=clean_person_name(form.name),
        phone=phone,
        phone_hash=phone_hash(context.keyring, phone),
        identity_type=form.identity_type,
        password_hash=password_hash,
        created_at=context.now(),
    )
    tx.add(account)
    tx.flush()
    record_consent(tx, context, account.id, ConsentPurpose.PRIVACY_NOTICE, ConsentPurpose.SENSITIVE_DATA)
    record(tx, context, Actor(account.id, Role.APPLICANT), "register", "account", account.id, number_kind=kind.value)
    return account.id


def _take_code_limits(tx: Session, context: Context, phone: str, document: str, address: str) -> None:
    for limit in (throttle.CODE_PAUSE, throttle.CODE_PHONE, throttle.CODE_PHONE_DAY):
        throttle.take(tx, context, limit, phone)
    throttle.take(tx, context, throttle.CODE_DOCUMENT, document)
    throttle.take(tx, context, throttle.CODE_ADDRESS, address)


def _send(context: Context, phone: str, purpose: Purpose, code: str) -> CodeSent:
    try:
        send_code(context, phone, purpose, code)
    except OSError as error:
        raise InvalidInput({"code": NOT_SENT}) from error
    return CodeSent(context.now() + throttle.CODE_PAUSE.forget, code if context.settings.demo else None)


def _today(context: Context) -> date:
    return context.now().astimezone(local_zone()).date()
