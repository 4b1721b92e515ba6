"""Registration and profile of one demonstration applicant, as the rows that the forms would have left behind."""

from typing import Any

from sqlalchemy import insert

from core.clock import local_zone
from core.db.models import Account, Document, Profile
from core.demo.lives import Life
from core.demo.profiles import hang_pictures, make_content, wanted_pictures
from core.demo.stage import Stage, applicant
from core.domain.identity import number_suffix
from core.domain.permissions import Role
from core.domain.photos import PhotoKind
from core.services.consents import ConsentPurpose, record_consent
from core.services.journal import record
from core.services.logins import login_hash, phone_hash

IDENTITY_TYPE = "resident_physician"
_OWN = (PhotoKind.PORTRAIT, PhotoKind.ID_FRONT)


def register(stage: Stage, life: Life) -> None:
    """The account with its consents; the profile, too, unless the fate is to have none yet."""
    context, person = stage.context, life.person
    account = Account(
        role=Role.APPLICANT.value,
        login=person.number,
        login_hash=login_hash(context.keyring, person.number),
        number_kind=person.number_kind,
        number_suffix=number_suffix(person.number),
        name=person.name,
        phone=person.phone,
        phone_hash=phone_hash(context.keyring, person.phone),
        identity_type=IDENTITY_TYPE,
        password_hash=stage.password_hash,
        created_at=context.now(),
    )
    with context.database.write() as tx:
        tx.add(account)
        tx.flush()
        life.account_id = account.id
        actor = applicant(account.id)
        record_consent(tx, context, account.id, ConsentPurpose.PRIVACY_NOTICE, ConsentPurpose.SENSITIVE_DATA)
        record(tx, context, actor, "register", "account", account.id, number_kind=person.number_kind)
        if life.fate.name != "fresh":
            _fill_in(stage, life)


def _fill_in(stage: Stage, life: Life) -> None:
    now = stage.context.now()
    content = make_content(
        life.person,
        life.pick,
        on=now.astimezone(local_zone()).date(),
        college=life.college,
        plain=life.known,
        general=life.general,
    )
    sex = str(content["basic"]["sex"])
    documents: list[dict[str, Any]] = []
    hung: dict[str, str] = {}
    for path, kind in wanted_pictures(content):
        picture = (
            stage.pool.own(kind, life.person) if life.known and kind in _OWN else stage.pool.of(kind, sex, life.pick)
        )
        document_id = f"{life.pick.getrandbits(128):032x}"
        documents.append(picture.row(document_id, life.account_id, now))
        hung[path] = document_id
    hang_pictures(content, hung)
    stage.tx.execute(insert(Document), documents)
    profile = {"account_id": life.account_id, "version": 1, "content": content, "updated_at": now}
    stage.tx.execute(insert(Profile), [profile])
