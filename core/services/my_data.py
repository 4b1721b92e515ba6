"""Everything held about a person, as a file for that person (PIPL art. 45), made when it is asked for and kept nowhere.

The page asks for the current password and gets a link for this very login and a few minutes; the link's route makes the
file. Streamlit's own download would leave an address that anybody may open.
"""

import hmac
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.db.models import (
    Account,
    Application,
    AuthSession,
    Base,
    Batch,
    Consent,
    Correction,
    DataRequest,
    Document,
    Draft,
    Event,
    LogEntry,
    Notice,
    Profile,
    Reading,
    ReviewCheck,
    Snapshot,
)
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.permissions import ROLE_LABELS, Actor, Role
from core.domain.profile import flatten, label
from core.gateways.objects import ObjectAltered, ObjectMissing
from core.services import throttle
from core.services.context import Context
from core.services.hashing import verify
from core.services.journal import record
from core.services.table_files import write_csv
from core.services.use_case import use_case

LINK_LIFE: Final = timedelta(minutes=5)
_LONGEST_PASSWORD: Final = 1000
_HIDDEN: Final = frozenset(
    {"totp_secret", "totp_step", "password_hash", "login_hash", "phone_hash", "token_hash", "ticket_hash", "bound_to"}
)
"""Secrets and hashes of ours: they say nothing about the person."""
_OF_STAFF: Final = frozenset({"actor_id", "decided_by", "checked_by", "lease_by", "lease_until"})


@use_case
def issue_link(context: Context, actor: Actor, *, current: str) -> str:
    """The address of the file, good for this login and five minutes, after the current password.

    Raises NotAllowed for staff, InvalidInput (current), TooManyTries.
    """
    account_id = _applicant(actor)
    throttle.reserve(context, throttle.CHANGE, str(account_id))
    with context.database.read() as tx:
        password_hash = tx.get_one(Account, account_id).password_hash
    if not verify(current[:_LONGEST_PASSWORD], password_hash):
        raise InvalidInput({"current": "当前密码不正确，没有生成文件。请重新输入。"})
    with context.database.write() as tx:
        throttle.clear(tx, context, throttle.CHANGE, str(account_id))
    until = int((context.now() + LINK_LIFE).timestamp())
    return f"/my-data/{until}/{context.keyring.keyed_hash(_sealed(actor, until))}"


@use_case
def download(context: Context, actor: Actor, *, until: int, seal: str) -> bytes:
    """The ZIP for who holds the link and the login it was made for; raises NotAllowed. Logged."""
    account_id = _applicant(actor)
    fits = any(hmac.compare_digest(each, seal) for each in context.keyring.keyed_hashes(_sealed(actor, until)))
    if not fits or context.now().timestamp() >= until:
        raise NotAllowed()
    made = _zipped(context, account_id)
    with context.database.write() as tx:
        record(tx, context, actor, "data.download", "account", account_id, bytes=len(made))
    return made


def collected(tx: Session, account_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row about the person by table, without our secrets and without the names and ids of staff."""
    applications = select(Application.id).where(Application.account_id == account_id)
    documents = select(Document.id).where(Document.account_id == account_id)
    wanted = {
        "account": select(Account).where(Account.id == account_id),
        "profile": select(Profile).where(Profile.account_id == account_id),
        "drafts": select(Draft).where(Draft.account_id == account_id),
        "applications": select(Application).where(Application.account_id == account_id).order_by(Application.id),
        "snapshots": select(Snapshot).where(Snapshot.application_id.in_(applications)).order_by(Snapshot.id),
        "events": select(Event).where(Event.application_id.in_(applications)).order_by(Event.id),
        "corrections": select(Correction).where(Correction.application_id.in_(applications)).order_by(Correction.id),
        "checks": select(ReviewCheck).where(ReviewCheck.application_id.in_(applications)),
        "notices": select(Notice).where(Notice.account_id == account_id).order_by(Notice.id),
        "documents": select(Document).where(Document.account_id == account_id).order_by(Document.created_at),
        "readings": select(Reading).where(Reading.document_id.in_(documents)),
        "consents": select(Consent).where(Consent.account_id == account_id).order_by(Consent.id),
        "requests": select(DataRequest).where(DataRequest.account_id == account_id).order_by(DataRequest.id),
        "logins": select(AuthSession).where(AuthSession.account_id == account_id).order_by(AuthSession.id),
    }
    return {name: [_plain(row) for row in tx.scalars(statement)] for name, statement in wanted.items()}


def _applicant(actor: Actor) -> int:
    if actor.role is not Role.APPLICANT or actor.account_id is None:
        raise NotAllowed()
    return actor.account_id


def _sealed(actor: Actor, until: int) -> bytes:
    return f"my-data:{actor.account_id}:{actor.session_id}:{until}".encode()


def _plain(row: Base) -> dict[str, Any]:
    columns = (column.key for column in row.__mapper__.column_attrs)
    return {name: _value(getattr(row, name)) for name in columns if name not in _HIDDEN | _OF_STAFF}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _zipped(context: Context, account_id: int) -> bytes:
    with context.database.read() as tx:
        found = collected(tx, account_id)
        log = list(_log(tx, account_id))
        batches = dict(tx.execute(select(Batch.id, Batch.name)).all())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("全部数据.json", json.dumps(found, ensure_ascii=False, indent=2))
        archive.writestr("个人信息.csv", write_csv(("项目", "内容"), _profile_rows(found)))
        archive.writestr("报名记录.csv", write_csv(("批次", "动作", "时间", "说明"), _event_rows(found, batches)))
        archive.writestr("账号日志.csv", write_csv(("时间", "谁", "动作", "对象"), log))
        for document in found["documents"]:
            for key, word in (("object_key", ""), ("before_key", "-修整前")):
                _add_picture(context, archive, document, key, word)
    return made.getvalue()


def _add_picture(context: Context, archive: zipfile.ZipFile, document: dict[str, Any], key: str, word: str) -> None:
    if document[key] is None:
        return
    name = f"照片/{document['kind']}-{document['id'][:8]}{word}.jpg"
    try:
        # Pictures are packed already.
        archive.writestr(name, context.objects.get(document[key]), zipfile.ZIP_STORED)
    except (ObjectMissing, ObjectAltered):
        archive.writestr(name + ".缺失.txt", "这个文件暂时不能读取，请联系技术支持。")


def _profile_rows(found: dict[str, list[dict[str, Any]]]) -> Iterator[Sequence[str]]:
    account = found["account"][0]
    yield from (
        ("姓名", account["name"]),
        ("证件号", account["login"]),
        ("手机号", account["phone"] or ""),
    )
    for profile in found["profile"]:
        content = profile["content"]
        yield from ((label(path, content), str(value)) for path, value in flatten(content).items())


def _event_rows(found: dict[str, list[dict[str, Any]]], batches: dict[int, str]) -> Iterator[Sequence[str]]:
    for event in found["events"]:
        yield batches.get(event["batch_id"], ""), event["action"], event["at"], event["reason"]


def _log(tx: Session, account_id: int) -> Iterable[Sequence[str]]:
    about = and_(LogEntry.subject == "account", LogEntry.subject_id == str(account_id))
    lines = select(LogEntry).where(or_(LogEntry.actor_id == account_id, about)).order_by(LogEntry.id)
    for line in tx.scalars(lines):
        who = "本人" if line.actor_id == account_id else ROLE_LABELS[Role(line.actor_role)]
        yield _value(line.at), who, line.action, line.subject
