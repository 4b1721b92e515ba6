"""短信 of Tencent Cloud: SendSms (2021-01-11), signed by TC3-HMAC-SHA256.

Written from the public description of signature v3 instead of the official SDK, whose wheel for all products is far
larger than this portal. Tencent knows no idempotency key: `SessionContext` carries ours for comparing lists only.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.gateways.https import Answer, host_of, post
from core.gateways.messages import Message, NeverSent, NotSent, Unclear

ENDPOINT = "https://sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
TYPE = "application/json; charset=utf-8"
NEVER = frozenset({"FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"})


@dataclass(frozen=True)
class TencentSms:
    """`templates` names the approved template of each purpose; its one variable, where it has one, is the code."""

    key_id: str
    key_secret: str = field(repr=False)
    app_id: str
    sign: str
    templates: Mapping[str, str]
    region: str = "ap-guangzhou"
    endpoint: str = ENDPOINT
    timeout: float = 5.0
    at_once = False

    def send(self, message: Message) -> str:
        """Hand it over; Tencent's SerialNo."""
        template = self.templates.get(message.purpose)
        if template is None:
            raise NotSent("NO_TEMPLATE")
        content = {
            "PhoneNumberSet": [f"+86{message.to}"],
            "SmsSdkAppId": self.app_id,
            "SignName": self.sign,
            "TemplateId": template,
            "TemplateParamSet": [message.code] if message.code else [],
            "SessionContext": message.key,
        }
        body, now, host = json.dumps(content).encode(), int(time.time()), host_of(self.endpoint)
        headers = {
            "Content-Type": TYPE,
            "Host": host,
            "Authorization": authorization(self.key_id, self.key_secret, host, "sms", body, now),
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Timestamp": str(now),
            "X-TC-Region": self.region,
        }
        return _judge(post(self.endpoint, "/", headers, body, timeout=self.timeout))


def authorization(key_id: str, key_secret: str, host: str, service: str, body: bytes, timestamp: int) -> str:
    """The header Authorization of a POST to / with content type and host signed."""
    day = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    listed, scope = "content-type;host", f"{day}/{service}/tc3_request"
    canonical = "\n".join(
        ["POST", "/", "", f"content-type:{TYPE}", f"host:{host}", "", listed, hashlib.sha256(body).hexdigest()]
    )
    to_sign = "\n".join([ALGORITHM, str(timestamp), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"TC3{key_secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={listed}, Signature={signature}"


def _judge(answer: Answer) -> str:
    response = answer.body.get("Response")
    response = response if isinstance(response, dict) else {}
    statuses = response.get("SendStatusSet")
    status = statuses[0] if isinstance(statuses, list) and statuses else response.get("Error")
    code = status.get("Code") if isinstance(status, dict) else None
    if not isinstance(status, dict) or not isinstance(code, str):
        raise Unclear(f"HTTP_{answer.status}")
    if code == "Ok":
        return str(status.get("SerialNo", ""))[:64]
    raise (NeverSent if code in NEVER else NotSent)(code[:60])
