"""The world of the table: one person's application at the first base, and how to call every use case on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sqlalchemy import update

from core.db.models import Account, Document
from core.domain.data_requests import RequestKind
from core.domain.metrics import Measure
from core.domain.permissions import STAFF, Actor, Role
from core.domain.photos import PhotoKind
from core.domain.profile import Dictionaries
from core.domain.reasons import Refusal, RefusalReason, ReturnItem, ReturnReason
from core.domain.reference_rows import ReferenceKind
from core.queries.batches import batch
from core.queries.log import LogFilter
from core.queries.queue import QueueFilter
from core.queries.texts import LookupSite
from core.services import applications, data_requests, my_data
from core.services.choices import Wish
from core.services.context import Context
from core.services.documents import StoredKeys
from core.services.hashing import hash_password
from core.services.plans import CellChange
from core.services.reference_import import BaseContacts
from tests.applicants import new_key
from tests.factories import (
    World,
    complete_profile,
    drawn_jpeg,
    drawn_version,
    insert_drawn,
    make_account,
    make_world,
)

NAME, NUMBER = "欧阳验权", "350102199608150015"


@dataclass(frozen=True)
class Scene:
    """What the calls are about."""

    world: World
    owner: Actor
    stranger: Actor
    staff: Mapping[Role, Actor]
    targets: Mapping[Role, int]
    """Accounts of staff to be kept, by office."""
    application_id: int
    receipt: str
    portrait: str
    offer: str

    def actor(self, role: Role, *, own: bool) -> Actor:
        """Somebody of the role: the owner or the owner's base, or another person or base."""
        if role is Role.APPLICANT:
            return self.owner if own else self.stranger
        actor = self.staff[role]
        return Actor(
            actor.account_id, role, frozenset({self.world.base_ids[0 if own else 1]} if actor.base_ids else ())
        )


def make_scene(context: Context) -> Scene:
    """Everything through the use cases, but for the accounts."""
    world = make_world(context)
    owner = make_account(context, Role.APPLICANT, login=NUMBER, name=NAME)
    stranger = make_account(context, Role.APPLICANT, login="350203200002290045", name="陈旁人")
    content = complete_profile(context, owner)
    receipt = applications.submit(
        context,
        owner,
        batch_id=world.batch_id,
        base_id=world.base_ids[0],
        specialty_id=world.specialty_ids[0],
        declared=True,
        idempotency_key=new_key(),
    )
    picture = drawn_version(PhotoKind.PORTRAIT)
    keys = StoredKeys(context.objects.put(picture.data), context.objects.put(picture.thumbnail))
    assert owner.account_id is not None
    with context.database.write() as tx:
        offer = insert_drawn(tx, context, owner.account_id, PhotoKind.PORTRAIT, keys)
        tx.get_one(Document, offer).offered_for = "documents.portrait"
    bases = {Role.REVIEWER: world.base_ids[:1], Role.BASE_LEAD: world.base_ids[:1]}
    staff = {role: make_account(context, role, base_ids=bases.get(role, ())) for role in STAFF}
    targets = {role: make_account(context, role, base_ids=bases.get(role, ())).account_id or 0 for role in STAFF}
    with context.database.write() as tx:
        tx.execute(update(Account).values(password_hash=hash_password("x")))
    data_requests.ask(context, owner, kind=RequestKind.CORRECTION, note="请更正出生日期")
    portrait = content["documents"]["portrait"]
    return Scene(world, owner, stranger, staff, targets, receipt.application_id, receipt.receipt, portrait, offer)


def arguments(context: Context, scene: Scene, name: str, target: Role = Role.REVIEWER) -> dict[str, Any]:
    """Keyword arguments of a use case, sound enough to come past every guard of who may."""
    special = _SPECIAL.get(name)
    given = special(context, scene) if special else {}
    if name.startswith("staff."):
        given = _staff(scene, name, target)
    return given


def defaults(scene: Scene) -> dict[str, Any]:
    """By the name of the parameter, where the use case says nothing special."""
    return {
        "application_id": scene.application_id,
        "batch_id": scene.world.batch_id,
        "base_id": scene.world.base_ids[0],
        "specialty_id": scene.world.specialty_ids[0],
        "document_id": scene.portrait,
        "seen_version": 2,
        "idempotency_key": new_key(),
        "declared": True,
        "reason": "写明理由供以后查阅",
        "data": b"",
        "seen_digest": "0" * 64,
        "form": "basic",
        "current": "x",
        "code": "123456",
        "bound_to": "b" * 64,
        "up_to": 10**6,
        "message_id": 10**6,
        "request_id": 1,
        "kind": RequestKind.DELETION,
        "note": "请删除我的资料",
        "approve": False,
        "answer": "不符合更正的条件",
        "privacy": True,
        "sensitive": True,
        "until": 0,
        "seal": "",
    }


def _staff(scene: Scene, name: str, target: Role) -> dict[str, Any]:
    bases = scene.world.base_ids[:1] if target in (Role.REVIEWER, Role.BASE_LEAD) else ()
    kept = {"account_id": scene.targets[target], "seen_version": 1}
    return {
        "staff.create": {"role": target, "login": "new.person", "name": "陈新人", "base_ids": bases},
        "staff.change": {**kept, "role": target, "base_ids": bases},
        "staff.set_active": {**kept, "active": True},
        "staff.new_link": kept,
        "staff.reset_second_factor": kept,
    }.get(name, {})


def _owners_link(context: Context, scene: Scene) -> dict[str, Any]:
    _, until, seal = my_data.issue_link(context, scene.owner, current="x").rsplit("/", 2)
    return {"until": int(until), "seal": seal}


_Given = Callable[[Context, Scene], dict[str, Any]]
_LOG = {"wanted": LogFilter()}
_CONTACTS = BaseContacts("", "", "", "")
_SPECIAL: dict[str, _Given] = {
    "my_data.download": _owners_link,
    "consents.agree": lambda c, s: {"seen_version": "0"},
    "retention.run": lambda c, s: {"dry_run": True},
    "accounts.change_password": lambda c, s: {
        "current": "x",
        "password": "Xx1#xxxxx",
        "repeat": "Xx1#xxxxx",
    },
    "admission.decline": lambda c, s: {"typed": "放弃"},
    "applications.choose": lambda c, s: {"seen_version": None},
    "batches.create": lambda c, s: {
        "year": 2026,
        "name": "另一批次",
        "windows": batch(c, s.world.batch_id).windows,
    },
    "batches.change": lambda c, s: {
        "year": 2026,
        "name": "改名",
        "windows": batch(c, s.world.batch_id).windows,
        "assistant_offered": False,
    },
    "batches.suspend": lambda c, s: {"suspended": True},
    "cell.cell_applications": lambda c, s: {"measure": Measure.APPLIED},
    "choices.preview": lambda c, s: {"wish": Wish(s.world.base_ids[0], s.world.specialty_ids[0])},
    "corrections.resubmit": lambda c, s: {"explanations": {}},
    "desk.desk": lambda c, s: {"words": Dictionaries({}), "revealed": True},
    "documents.accept_offer": lambda c, s: {"document_id": s.offer},
    "documents.decline_offer": lambda c, s: {"document_id": s.offer},
    "documents.upload": lambda c, s: {"kind": PhotoKind.ID_BACK, "data": drawn_jpeg(PhotoKind.ID_BACK)},
    "exports.export_log": lambda c, s: {
        **_LOG,
        "headers": ["行"],
        "rows_of": lambda lines: [[line] for line in words(list(lines))],
    },
    "log.log_page": lambda c, s: _LOG,
    "notices.mark_read": lambda c, s: {"up_to": 10**6},
    "photo_sorting.sort_picture": lambda c, s: {"data": drawn_jpeg(PhotoKind.ID_BACK)},
    "plans.export": lambda c, s: {"kind": "csv"},
    "plans.set_cells": lambda c, s: {"cells": [CellChange(s.world.base_ids[0], s.world.specialty_ids[0], 6, True, 1)]},
    "profiles.save_draft": lambda c, s: {"content": {}, "base_version": 1},
    "profiles.save_section": lambda c, s: {"section": "basic", "values": {}},
    "publication.prepare": lambda c, s: {"waiting": 3},
    "publication.publish": lambda c, s: {"digest": "0" * 64},
    "queue.queue": lambda c, s: {"wanted": QueueFilter(s.world.batch_id)},
    "queue.counts": lambda c, s: {"wanted": QueueFilter(s.world.batch_id)},
    "readings.accept_suggestion": lambda c, s: {"path": "basic.address"},
    "readings.recognise": lambda c, s: {"image": b""},
    "reference_import.apply_import": lambda c, s: {"kind": ReferenceKind.BASES},
    "reference_import.edit_contacts": lambda c, s: {"seen": _CONTACTS, "contacts": _CONTACTS},
    "reference_import.export": lambda c, s: {"kind": ReferenceKind.BASES, "as_csv": True},
    "reference_import.preview_import": lambda c, s: {"kind": ReferenceKind.BASES},
    "reviews.return_": lambda c, s: {
        "items": [ReturnItem("documents.portrait", ReturnReason.PHOTO_BG, "底色不是纯白请重拍")]
    },
    "reviews.reject": lambda c, s: {"refusal": Refusal(next(iter(RefusalReason)), "不符合招收对象的规定")},
    "reviews.reveal": lambda c, s: {"why": "compare"},
    "reviews.tick": lambda c, s: {"item": "identity", "checked": True, "where": "国家卫生健康委"},
    "texts.change_qr": lambda c, s: {"seen_version": 0, "data": None},
    "texts.change_texts": lambda c, s: {
        "seen_version": 0,
        "support_text": "只解答系统使用问题",
        "policy_hotline": "",
        "lookup_sites": [LookupSite("国家卫生健康委", "https://www.nhc.gov.cn")],
    },
    "tidy.tidy": lambda c, s: {"dry_run": True},
}


def words(value: Any) -> list[str]:
    """Every text inside a value, those that its repr hides too, and those of a spreadsheet."""
    if is_dataclass(value) and not isinstance(value, type):
        return [text for field in fields(value) for text in words(getattr(value, field.name))]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in words(part)]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for part in value for text in words(part)]
    if isinstance(value, bytes):
        if value.startswith(b"PK\x03\x04"):
            with ZipFile(BytesIO(value)) as book:
                return [book.read(part).decode(errors="ignore") for part in book.namelist()]
        return [value.decode(errors="ignore")]
    return [str(value)]
