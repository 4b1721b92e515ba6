"""Frozen snapshots: what the reviewer judges (T2, T5, I7), and what changed since the one before."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Account, Application, Snapshot
from core.domain.profile import difference
from core.queries.batches import BatchView
from core.services.choices import Cell, Wish
from core.services.context import Context
from core.services.profiles import ProfileFacts

Content = dict[str, Any]
_CHOICE = ("base", "specialty", "direction", "accepts_adjustment")
_ACCOUNT = ("name", "number_kind", "number", "phone")


def content_of(account: Account, profile: ProfileFacts, batch: BatchView, cell: Cell, wish: Wish) -> Content:
    """Everything that a submission freezes; documents by id with their object keys, which are hashes of the files."""
    return {
        "account": {
            "name": account.name,
            "number_kind": account.number_kind,
            "number": account.login,
            "phone": account.phone,
        },
        "profile": profile.content,
        "choice": {
            "batch_id": batch.id,
            "base_id": wish.base_id,
            "specialty_id": wish.specialty_id,
            "base": cell.base,
            "specialty": cell.specialty,
            "direction": wish.direction,
            "accepts_adjustment": wish.accepts_adjustment,
        },
        "documents": {key: dict(value) for key, value in profile.documents.items()},
    }


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def latest(tx: Session, application_id: int) -> Snapshot | None:
    """The newest snapshot of an application."""
    of_it = select(Snapshot).where(Snapshot.application_id == application_id)
    return tx.scalars(of_it.order_by(Snapshot.revision.desc()).limit(1)).first()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs between two contents: field, before and after; account and choice first, then the profile."""
    found = [
        {"field": f"{part}.{name}", "before": before[part].get(name), "after": after[part].get(name)}
        for part, names in (("account", _ACCOUNT), ("choice", _CHOICE))
        for name in names
        if before[part].get(name) != after[part].get(name)
    ]
    return found + [
        {"field": change.field, "before": change.before, "after": change.after}
        for change in difference(before["profile"], after["profile"])
    ]


def changed_by_applicant(found: list[dict[str, Any]]) -> frozenset[str]:
    """Fields of a difference that T5 judges: an account's phone may change at any time, under its own rules."""
    return frozenset(change["field"] for change in found if not change["field"].startswith("account."))


def freeze(tx: Session, context: Context, application: Application, content: Content, before: Snapshot | None) -> None:
    """Keep `content` as the snapshot of the application's current revision."""
    tx.add(
        Snapshot(
            application_id=application.id,
            revision=application.revision,
            content=content,
            digest=digest(content),
            difference=changes(before.content, content) if before else [],
            created_at=context.now(),
        )
    )
    tx.flush()
