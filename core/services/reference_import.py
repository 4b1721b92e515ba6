"""Keeping reference data (基础数据): files come in whole or not at all, after a preview; contacts by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import TrainingBase
from core.domain.errors import InvalidInput, NotFound, Refused, StaleVersion
from core.domain.permissions import Actor, Permission
from core.domain.plan_rows import RowFault
from core.domain.reference_rows import (
    COLUMNS,
    FLAGS,
    REFERENCE_LABELS,
    Existing,
    Key,
    ReadRow,
    ReferenceKind,
    Row,
    check_field,
    read_rows,
)
from core.domain.text import clean_text
from core.services.context import Context
from core.services.journal import record
from core.services.reference_rows import changed_rows, current_rows, rows_digest, write_rows
from core.services.table_files import Line, read_table, write_csv, write_xlsx
from core.services.use_case import use_case

CONTACT_FIELDS = ("address", "contact_name", "contact_phone", "policy_contact")


@dataclass(frozen=True, slots=True)
class ReferencePreview:
    """What a file would do; `digest` is the state it was compared with."""

    rows: tuple[ReadRow, ...]
    faults: tuple[RowFault, ...]
    changed: tuple[ReadRow, ...]
    before: Mapping[Key, Row]
    digest: str


@dataclass(frozen=True, slots=True)
class BaseContacts:
    """Whom applicants of a base may ask (M28: policy questions go to the authority)."""

    address: str
    contact_name: str
    contact_phone: str
    policy_contact: str


@use_case
def preview_import(context: Context, actor: Actor, *, kind: ReferenceKind, data: bytes) -> ReferencePreview:
    """Read a file and compare; nothing is written. Raises NotAllowed and InvalidInput (`file`)."""
    actor.require(Permission.MANAGE_REFERENCE)
    lines = _read_file(kind, data)
    with context.database.read() as tx:
        return _preview(tx, kind, lines)


@use_case
def apply_import(context: Context, actor: Actor, *, kind: ReferenceKind, data: bytes, seen_digest: str) -> int:
    """Take a previewed file in, all of it or nothing; how many rows were added or changed.

    Rows that the file does not name stay. Raises what `preview_import` raises, StaleVersion when the data changed
    since the preview, and Refused IMPORT_HAS_FAULTS.
    """
    actor.require(Permission.MANAGE_REFERENCE)
    lines = _read_file(kind, data)
    try:
        with context.database.write() as tx:
            preview = _preview(tx, kind, lines)
            if preview.digest != seen_digest:
                raise StaleVersion()
            return _take_in(tx, context, actor, kind, preview)
    except IntegrityError as error:
        raise StaleVersion() from error


@use_case
def export(context: Context, actor: Actor, *, kind: ReferenceKind, as_csv: bool = False) -> bytes:
    """The table as a file that `preview_import` reads; flags as 是 / 否. Raises NotAllowed."""
    actor.require(Permission.MANAGE_REFERENCE)
    with context.database.read() as tx:
        rows = current_rows(tx, kind).values()
    headers = [column.header for column in COLUMNS[kind]]
    table = [[_shown(column.field, row[column.field]) for column in COLUMNS[kind]] for row in rows]
    return write_csv(headers, table) if as_csv else write_xlsx(REFERENCE_LABELS[kind], headers, table)


@use_case
def edit_contacts(context: Context, actor: Actor, *, base_id: int, seen: BaseContacts, contacts: BaseContacts) -> None:
    """Change a base's address and contacts, if they still are what was `seen`.

    Raises NotAllowed, NotFound, InvalidInput by field, StaleVersion.
    """
    actor.require(Permission.MANAGE_REFERENCE)
    values = {name: clean_text(text) for name, text in asdict(contacts).items()}
    faults = {name: check_field(ReferenceKind.BASES, name, text) for name, text in values.items()}
    if found := {name: sentence for name, sentence in faults.items() if sentence}:
        raise InvalidInput(found)
    with context.database.write() as tx:
        if tx.scalar(select(TrainingBase.id).where(TrainingBase.id == base_id)) is None:
            raise NotFound()
        unchanged = [TrainingBase.__table__.c[name] == text for name, text in asdict(seen).items()]
        statement = update(TrainingBase).where(TrainingBase.id == base_id, *unchanged).values(**values)
        saved = tx.execute(statement.execution_options(synchronize_session=False))
        if saved.rowcount != 1:  # type: ignore[attr-defined]
            raise StaleVersion()
        fields = sorted(name for name, text in values.items() if getattr(seen, name) != text)
        record(tx, context, actor, "reference.contacts", "reference", base_id, base_id=base_id, fields=fields)


def _read_file(kind: ReferenceKind, data: bytes) -> tuple[Line, ...]:
    columns = COLUMNS[kind]
    lines = read_table(
        data,
        required=[column.header for column in columns if column.required],
        known=[column.header for column in columns],
        aliases={column.field: column.header for column in columns},
    )
    if not lines:
        raise InvalidInput({"file": "表头下面没有内容，请至少填写一行。"})
    return lines


def _preview(tx: Session, kind: ReferenceKind, lines: Sequence[Line]) -> ReferencePreview:
    before = current_rows(tx, kind)
    rows, faults = read_rows(kind, ((line.number, line.cells) for line in lines), Existing(before))
    return ReferencePreview(rows, faults, changed_rows(rows, before), before, rows_digest(before))


def _take_in(tx: Session, context: Context, actor: Actor, kind: ReferenceKind, preview: ReferencePreview) -> int:
    if preview.faults:
        raise Refused("IMPORT_HAS_FAULTS", count=len(preview.faults))
    count = write_rows(tx, kind, preview.changed, preview.before)
    if count:
        record(tx, context, actor, "reference.import", "reference", kind.value, count=count)
    return count


def _shown(name: str, text: str) -> str:
    return ("是" if text == "1" else "否") if name in FLAGS else text
