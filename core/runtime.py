"""The process's one Context, built from the settings at the first use and shared by pages and routes."""

from core.clock import SystemClock, use_zone
from core.db.engine import Database
from core.gateways import sms_aliyun, sms_tencent
from core.gateways.keyring import Keyring
from core.gateways.mail_smtp import SmtpMail
from core.gateways.messages import FileOutbox, MessageGateway
from core.gateways.objects import FolderObjects
from core.gateways.ocr import open_reader
from core.gateways.sms_aliyun import AliyunSms
from core.gateways.sms_tencent import TencentSms
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
        sms=_sms(settings),
        reader=open_reader(),
        mail=_mail(settings),
    )


def _sms(settings: Settings) -> MessageGateway:
    secret = settings.sms_key_secret.get_secret_value()
    if settings.sms == "aliyun":
        where = settings.sms_endpoint or sms_aliyun.ENDPOINT
        return AliyunSms(settings.sms_key_id, secret, settings.sms_sign, settings.sms_templates, where)
    if settings.sms == "tencent":
        return TencentSms(
            settings.sms_key_id,
            secret,
            settings.sms_app_id,
            settings.sms_sign,
            settings.sms_templates,
            settings.sms_region,
            settings.sms_endpoint or sms_tencent.ENDPOINT,
        )
    return FileOutbox(settings.data_dir / "outbox" / "sms.jsonl")


def _mail(settings: Settings) -> MessageGateway | None:
    if settings.mail == "none":
        return None
    if settings.mail == "outbox":
        return FileOutbox(settings.data_dir / "outbox" / "mail.jsonl")
    password = settings.smtp_password.get_secret_value()
    return SmtpMail(
        settings.smtp_host, settings.smtp_port, settings.smtp_from, settings.smtp_security, settings.smtp_user, password
    )


def context() -> Context:
    """The process's Context."""
    if not _current:
        _current.append(build(Settings.load()))
    return _current[0]


def install(replacement: Context) -> None:
    """Use this Context from now on (tests, the command line)."""
    _current[:] = [replacement]
