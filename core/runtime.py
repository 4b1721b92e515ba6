"""The process's one Context, built from the settings at the first use and shared by pages and routes."""

from core.clock import SystemClock, use_zone
from core.db.engine import Database
from core.gateways.keyring import Keyring
from core.gateways.objects import FolderObjects
from core.gateways.ocr import open_reader
from core.gateways.sms import SmsOutbox
from core.services.context import Context
from core.settings import Settings

_current: list[Context] = []


def build(settings: Settings) -> Context:
    """A Context for these settings; opens nothing but the engine's pool."""
    use_zone(settings.zone)
    older = [secret.get_secret_value() for secret in settings.older_secret_keys]
    keyring = Keyring(settings.secret, older)
    return Context(
        settings=settings,
        database=Database(settings.url, keyring),
        clock=SystemClock(),
        keyring=keyring,
        objects=FolderObjects(settings.data_dir / "objects", keyring),
        sms=SmsOutbox(settings.data_dir / "outbox" / "sms.jsonl"),
        reader=open_reader(),
    )


def context() -> Context:
    """The process's Context."""
    if not _current:
        _current.append(build(Settings.load()))
    return _current[0]


def install(replacement: Context) -> None:
    """Use this Context from now on (tests, the command line)."""
    _current[:] = [replacement]
