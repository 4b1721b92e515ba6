"""账号注册 and the SMS codes of registration and reset (M2–M10).

None of the three tells whether a document number is registered: same words, same rows, same waiting. Sending is done
from the outbox after the answer, or for nobody not at all, which takes as long.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account
from core.domain.addresses import place_of
from core.domain.errors import InvalidInput, Refused
from core.domain.identity import DocumentKind, check_number, number_suffix
from core.domain.passwords import password_sentence
from core.domain.permissions import SYSTEM, Actor, Role
from core.domain.phones import check_phone
from core.domain.registration import (
    Registration,
    check_document,
    check_number_kind,
    check_registration,
    normalize_code,
)
from core.domain.text import clean_person_name
from core.services import code_limits, throttle
from core.services.captchas import CaptchaTry, solve
from core.services.codes import MadeCode, Purpose, guess, make_code, use_up
from core.services.consents import ConsentPurpose, record_consent
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.hashing import COST, Cost, hash_password
from core.services.journal import record
from core.services.known_places import remember
from core.services.logins import account_by_login, login_hash, normalize_login, phone_hash
from core.services.outbox import queue
from core.services.outbox_sending import send_soon

WRONG_CODE = "手机验证码不正确或已过期（5 分钟内有效，只能用一次），请核对短信，或重新获取。"


@dataclass(frozen=True, slots=True)
class CodeSent:
    """`again_at`: when another may be asked for. `shown`: the code itself, in the demonstration only."""

    again_at: datetime
    shown: str | None = field(default=None, repr=False)


def request_register_code(
    context: Context,
    *,
    number_kind: str,
    number: str,
    phone: str,
    address: str,
    browser: str = "",
    captcha: CaptchaTry | None = None,
) -> CodeSent:
    """Send a registration code. The answer is the same whether or not the document is registered already.

    Raises InvalidInput for a phone or document that can't be right, TooManyTries at a limit (M6), Refused
    CAPTCHA_NEEDED where only a solved picture goes on and CAPTCHA_WRONG for one that was not.
    """
    faults = {
        "number_kind": check_number_kind(number_kind),
        "number": check_document(number_kind, number, today=_today(context)),
        "phone": check_phone(phone).sentence,
    }
    if found := {name: text for name, text in faults.items() if text}:
        raise InvalidInput(found)
    normalized = check_phone(phone).normalized
    solved = _solved(context, captcha)
    document = check_number(DocumentKind(number_kind), number, today=_today(context)).normalized
    with context.database.write() as tx:
        code_limits.take_register(tx, context, phone=normalized, document=document, address=address, solved=solved)
        made = make_code(tx, context, normalized, Purpose.REGISTER, browser, to=normalized)
    return _sent(context, made)


def request_reset_code(
    context: Context, *, number: str, address: str, browser: str = "", captcha: CaptchaTry | None = None
) -> CodeSent:
    """Send a reset code to the phone registered with this document; an unknown one gets the same answer (M10).

    Raises as `request_register_code`. For an unknown number the same rows are written, the outbox's included.
    """
    login = normalize_login(number)
    if not login:
        raise InvalidInput({"number": "请填写证件号。"})
    solved = _solved(context, captcha)
    with context.database.write() as tx:
        account = account_by_login(tx, context, login)
        to = (account.phone or "") if account is not None and account.active else ""
        code_limits.take_reset(tx, context, document=login, address=address, solved=solved)
        made = make_code(tx, context, to or nobodys_phone(login), Purpose.RESET, browser, to=to)
    return _sent(context, made)


def register(context: Context, form: Registration, *, address: str, browser: str = "", cost: Cost = COST) -> int | None:
    """Create an applicant's account; its id, or None for a number registered before, which changes nothing.

    The caller says the same in either case; only the owner of the number learns of it, by SMS, once a day at most.
    Raises InvalidInput with a sentence per field (M4–M7, §4) or TooManyTries. A refused form leaves the code usable.
    """
    faults = check_registration(form, today=_today(context))
    rules = password_checklist(context, form.password, name=form.name, number=form.number, phone=form.phone)
    if sentence := password_sentence(rules):
        faults["password"] = sentence if form.password else "请设置密码。"
    if faults:
        raise InvalidInput(faults)
    throttle.reserve(context, throttle.REGISTER_ADDRESS, place_of(address))
    phone, code = check_phone(form.phone).normalized, normalize_code(form.code)
    number = check_number(DocumentKind(form.number_kind), form.number, today=_today(context)).normalized
    code_id = guess(context, phone, Purpose.REGISTER, browser)
    password_hash = hash_password(form.password, cost=cost)

    def once() -> tuple[int | None, int | None]:
        with context.database.write() as tx:
            if not use_up(tx, context, code_id, phone, Purpose.REGISTER, code):
                raise InvalidInput({"code": WRONG_CODE})
            owner = account_by_login(tx, context, number)
            if owner is not None:
                return None, _tell_owner(tx, context, owner)
            account_id = _create(tx, context, form, number, phone, password_hash)
            remember(tx, context, address, number, phone)
            return account_id, None

    try:
        account_id, message_id = once()
    except IntegrityError:
        # Somebody registered the same number in the same moment; now it is found.
        account_id, message_id = once()
    send_soon(context, message_id)
    return account_id


def nobodys_phone(login: str) -> str:
    """What stands for the phone of an account that does not exist, so that it has limits and codes all the same."""
    return f"nobody:{login}"


def _create(tx: Session, context: Context, form: Registration, number: str, phone: str, password_hash: str) -> int:
    kind = DocumentKind(form.number_kind)
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


def _tell_owner(tx: Session, context: Context, owner: Account) -> int | None:
    record(tx, context, SYSTEM, "register_again", "account", owner.id)
    return queue(tx, context, "taken", f"taken:{owner.id}:{_today(context)}", {"account": owner.id})


def _solved(context: Context, captcha: CaptchaTry | None) -> bool:
    if context.settings.captcha == "off":
        return True
    if captcha is None:
        return False
    if not solve(context, captcha):
        raise Refused("CAPTCHA_WRONG")
    return True


def _sent(context: Context, made: MadeCode) -> CodeSent:
    send_soon(context, made.message_id)
    return CodeSent(context.now() + code_limits.PAUSE.forget, made.code if context.settings.demo else None)


def _today(context: Context) -> date:
    return context.now().astimezone(local_zone()).date()
