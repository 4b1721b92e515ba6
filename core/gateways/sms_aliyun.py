"""短信服务 of Alibaba Cloud: SendSms (2017-05-25), signed by ACS3-HMAC-SHA256.

Written from the public description of the signature (V3 request structure) instead of the official SDK, which brings
ten packages for this one request. Aliyun knows no idempotency key: `OutId` carries ours for comparing lists only.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from core.gateways.https import Answer, host_of, post
from core.gateways.messages import Message, NeverSent, NotSent, Unclear

ENDPOINT = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
NEVER = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.BLACK_KEY_CONTROL_LIMIT"})
"""Refusals that another try does not change; every other code (limits, balance, settings) is tried again."""


@dataclass(frozen=True)
class AliyunSms:
    """`templates` names the approved template of each purpose; its one variable, where it has one, is `code`."""

    key_id: str
    key_secret: str = field(repr=False)
    sign: str
    templates: Mapping[str, str]
    endpoint: str = ENDPOINT
    timeout: float = 5.0
    at_once = False

    def send(self, message: Message) -> str:
        """Hand it over; Aliyun's BizId."""
        template = self.templates.get(message.purpose)
        if template is None:
            raise NotSent("NO_TEMPLATE")
        query = {"PhoneNumbers": message.to, "SignName": self.sign, "TemplateCode": template, "OutId": message.key}
        if message.code:
            query["TemplateParam"] = json.dumps({"code": message.code})
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "host": host_of(self.endpoint),
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": now,
            "x-acs-signature-nonce": secrets.token_hex(16),
        }
        text, headers = signed(query, headers, self.key_id, self.key_secret)
        return _judge(post(self.endpoint, f"/?{text}", headers, b"", timeout=self.timeout))


def signed(
    query: Mapping[str, str], headers: Mapping[str, str], key_id: str, key_secret: str
) -> tuple[str, dict[str, str]]:
    """The canonical query string, and the headers with digest and signature, of a POST to / without a body."""
    digest = hashlib.sha256(b"").hexdigest()
    every = {**headers, "x-acs-content-sha256": digest}
    names = sorted(every)
    text = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in sorted(query.items()))
    listed = ";".join(names)
    canonical = "\n".join(["POST", "/", text, *(f"{name}:{every[name].strip()}" for name in names), "", listed, digest])
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key_secret.encode(), to_sign.encode(), "sha256").hex()
    every["Authorization"] = f"{ALGORITHM} Credential={key_id},SignedHeaders={listed},Signature={signature}"
    return text, every


def _quote(value: str) -> str:
    return quote(value, safe="-_.~")


def _judge(answer: Answer) -> str:
    code = answer.body.get("Code")
    if code == "OK":
        return str(answer.body.get("BizId", ""))[:64]
    if not isinstance(code, str):
        raise Unclear(f"HTTP_{answer.status}")
    raise (NeverSent if code in NEVER else NotSent)(code[:60])
