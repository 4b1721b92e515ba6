"""Every table, importable from one place."""

from core.db.models.accounts import Account, AuthSession, Consent, KnownPlace, OneTimeCode, StaffBase, Throttle
from core.db.models.applications import Application, Correction, Event, ReviewCheck, SearchToken, Snapshot
from core.db.models.base import Base
from core.db.models.credentials import AccountNotice, FactorStep, PasswordLink, RecoveryCode
from core.db.models.outbox import OutboxMessage
from core.db.models.profiles import Document, DocumentTwin, Draft, Profile, Reading
from core.db.models.records import (
    DataRequest,
    HistoryPermit,
    InstanceMark,
    LogEntry,
    LogHead,
    Notice,
    Setting,
)
from core.db.models.recruitment import Batch, DictionaryEntry, Seats, Specialty, TrainingBase

__all__ = [
    "Account",
    "AccountNotice",
    "Application",
    "AuthSession",
    "Base",
    "Batch",
    "Consent",
    "Correction",
    "DataRequest",
    "DictionaryEntry",
    "Document",
    "DocumentTwin",
    "Draft",
    "Event",
    "FactorStep",
    "HistoryPermit",
    "InstanceMark",
    "KnownPlace",
    "LogEntry",
    "LogHead",
    "Notice",
    "OneTimeCode",
    "OutboxMessage",
    "PasswordLink",
    "Profile",
    "Reading",
    "RecoveryCode",
    "ReviewCheck",
    "SearchToken",
    "Seats",
    "Setting",
    "Snapshot",
    "Specialty",
    "StaffBase",
    "Throttle",
    "TrainingBase",
]
