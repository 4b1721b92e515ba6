"""Gateways that are only half set are refused at the start, in words that name what is missing."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.gateways.mail_smtp import SmtpMail
from core.gateways.messages import FileOutbox
from core.gateways.sms_aliyun import ENDPOINT, AliyunSms
from core.gateways.sms_tencent import TencentSms
from core.runtime import build
from core.settings import SMS_PURPOSES, Settings

TEMPLATES = {name: f"SMS_{name}" for name in SMS_PURPOSES}
SMS = {"sms_key_id": "i", "sms_key_secret": "hidden-key", "sms_sign": "杏林", "sms_templates": TEMPLATES}
MAIL = {
    "mail": "smtp",
    "smtp_host": "mail.example.org",
    "smtp_from": "xinglin@example.org",
    "smtp_password": "hidden-key",
}


def settings(folder: Path, **values: Any) -> Settings:
    return Settings.model_validate({"data_dir": folder, "secret_key": "s" * 40} | values)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"sms": "aliyun"}, "XINGLIN_SMS_KEY_ID"),
        ({"sms": "aliyun"} | SMS | {"sms_key_secret": ""}, "XINGLIN_SMS_KEY_SECRET"),
        ({"sms": "aliyun"} | SMS | {"sms_sign": ""}, "XINGLIN_SMS_SIGN"),
        ({"sms": "aliyun"} | SMS | {"sms_templates": {"reset": "1"}}, "XINGLIN_SMS_TEMPLATES: register"),
        ({"sms": "tencent"} | SMS, "XINGLIN_SMS_APP_ID"),
        (MAIL | {"smtp_host": ""}, "XINGLIN_SMTP_HOST"),
        (MAIL | {"smtp_from": "nobody"}, "XINGLIN_SMTP_FROM"),
    ],
)
def test_half_a_gateway_is_refused(tmp_path: Path, values: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing) as refusal:
        settings(tmp_path, **values)
    assert all("hidden-key" not in each["msg"] for each in refusal.value.errors())


@pytest.mark.asvs("V13.3.1", "keys of providers come from the settings and are shown nowhere")
def test_each_gateway_is_built_from_the_settings(tmp_path: Path) -> None:
    def gateways(**values: Any) -> tuple[object, object]:
        made = settings(tmp_path, **values)
        context = build(made)
        context.database.dispose()
        assert "hidden-key" not in repr(made) + repr(context.sms) + repr(context.mail)
        return context.sms, context.mail

    sms, mail = gateways()
    assert isinstance(sms, FileOutbox)
    assert mail is None
    sms, mail = gateways(sms="aliyun", mail="outbox", **SMS)
    assert isinstance(sms, AliyunSms)
    assert (sms.endpoint, sms.key_secret, sms.templates) == (ENDPOINT, "hidden-key", TEMPLATES)
    assert isinstance(mail, FileOutbox)
    sms, mail = gateways(sms="tencent", sms_app_id="14", sms_endpoint="http://127.0.0.1:9", **SMS, **MAIL)
    assert isinstance(sms, TencentSms)
    assert (sms.endpoint, sms.app_id) == ("http://127.0.0.1:9", "14")
    assert isinstance(mail, SmtpMail)
    assert (mail.host, mail.port, mail.password) == ("mail.example.org", 465, "hidden-key")


def test_every_purpose_that_is_sent_has_a_text() -> None:
    from core.domain.message_texts import TEXTS, message_text

    assert set(TEXTS) == set(SMS_PURPOSES)
    assert all(message_text(each, "012345").startswith("【杏林】") for each in TEXTS)
    assert "012345" in message_text("reset", "012345")
