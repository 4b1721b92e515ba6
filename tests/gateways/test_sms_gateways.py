"""Alibaba Cloud and Tencent Cloud, against a stand-in that recomputes the signature from what arrived.

The recomputation is written a second time here, from the arriving bytes alone, and both signers also have to give the
results of the worked examples in the providers' public descriptions.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from core.gateways.messages import Message, MessageGateway, NeverSent, NotSent, Unclear
from core.gateways.sms_aliyun import AliyunSms, signed
from core.gateways.sms_tencent import TencentSms, authorization
from tests.gateways.stand_in import StandIn, stand_in

TEMPLATES = {"register": "SMS_1", "reset": "SMS_2", "notice": "SMS_3"}
CODE = Message("2026-08-01T09:00:00+08:00", "13800000051", "reset", "012345", "【杏林】…", "key-1")
NOTICE = Message("2026-08-01T09:00:00+08:00", "13800000051", "notice", "", "【杏林】…", "key-2")


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with stand_in() as state:
        yield state


def aliyun(state: StandIn, **options: Any) -> AliyunSms:
    return AliyunSms("id", "secret", "杏林", TEMPLATES, state.url, **options)


def tencent(state: StandIn, **options: Any) -> TencentSms:
    return TencentSms("id", "secret", "1400000000", "杏林", TEMPLATES, "ap-guangzhou", state.url, **options)


ALIYUN_OK = {"Message": "OK", "RequestId": "r", "Code": "OK", "BizId": "biz-9"}
TENCENT_OK = {"Response": {"SendStatusSet": [{"SerialNo": "serial-9", "Code": "Ok", "Message": ""}], "RequestId": "r"}}


def test_aliyun_gives_the_result_of_the_public_example() -> None:
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    }
    _, dressed = signed(query, headers, "YourAccessKeyId", "YourAccessKeySecret")
    wanted = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert dressed["Authorization"].endswith(f"Signature={wanted}")


def test_tencent_gives_the_result_of_the_public_example() -> None:
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    made = authorization(
        "AKIDEXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm.tencentcloudapi.com", "cvm", body, 1551113065
    )
    assert made == (
        "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


@pytest.mark.parametrize(("message", "template"), [(CODE, "SMS_2"), (NOTICE, "SMS_3")])
def test_aliyun_is_asked_in_due_form(provider: StandIn, message: Message, template: str) -> None:
    provider.reply = ALIYUN_OK
    assert aliyun(provider).send(message) == "biz-9"
    [(target, headers, body)] = provider.asked
    path, _, query = target.partition("?")
    assert (path, body) == ("/", b"")
    given = dict(parse_qsl(query))
    wanted = {"PhoneNumbers": message.to, "SignName": "杏林", "TemplateCode": template, "OutId": message.key}
    assert given == wanted | ({"TemplateParam": '{"code": "012345"}'} if message.code else {})
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    age = datetime.now(UTC) - datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(age.total_seconds()) < 60
    method, _, rest = headers["authorization"].partition(" ")
    parts = dict(each.split("=", 1) for each in rest.split(","))
    names = parts["SignedHeaders"].split(";")
    assert (method, parts["Credential"]) == ("ACS3-HMAC-SHA256", "id")
    assert names == sorted(name for name in headers if name.startswith("x-acs-") or name == "host")
    canonical = f"POST\n/\n{query}\n" + "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical += f"\n{parts['SignedHeaders']}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    assert hmac.new(b"secret", to_sign.encode(), "sha256").hexdigest() == parts["Signature"]


def test_aliyun_never_uses_a_nonce_twice(provider: StandIn) -> None:
    provider.reply = ALIYUN_OK
    for _ in range(3):
        aliyun(provider).send(CODE)
    assert len({headers["x-acs-signature-nonce"] for _, headers, _ in provider.asked}) == 3


@pytest.mark.parametrize(("message", "template"), [(CODE, "SMS_2"), (NOTICE, "SMS_3")])
def test_tencent_is_asked_in_due_form(provider: StandIn, message: Message, template: str) -> None:
    provider.reply = TENCENT_OK
    assert tencent(provider).send(message) == "serial-9"
    [(target, headers, body)] = provider.asked
    assert target == "/"
    assert json.loads(body) == {
        "PhoneNumberSet": [f"+86{message.to}"],
        "SmsSdkAppId": "1400000000",
        "SignName": "杏林",
        "TemplateId": template,
        "TemplateParamSet": ["012345"] if message.code else [],
        "SessionContext": message.key,
    }
    names = ("x-tc-action", "x-tc-version", "x-tc-region")
    assert [headers[name] for name in names] == ["SendSms", "2021-01-11", "ap-guangzhou"]
    stamp = int(headers["x-tc-timestamp"])
    day = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    canonical = (
        f"POST\n/\n\ncontent-type:{headers['content-type']}\nhost:{headers['host']}\n\ncontent-type;host\n"
        + hashlib.sha256(body).hexdigest()
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{day}/sms/tc3_request\n{digest}"
    key = b"TC3secret"
    for part in (day, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    assert headers["authorization"] == (
        f"TC3-HMAC-SHA256 Credential=id/{day}/sms/tc3_request, SignedHeaders=content-type;host, Signature={signature}"
    )


def tencent_status(code: str) -> dict[str, Any]:
    return {"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": "no"}], "RequestId": "r"}}


def tencent_error(code: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}


@pytest.mark.parametrize(
    ("gateway", "status", "reply", "error", "code"),
    [
        (aliyun, 200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, NotSent, "isv.BUSINESS_LIMIT_CONTROL"),
        (aliyun, 200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, NeverSent, "isv.MOBILE_NUMBER_ILLEGAL"),
        (aliyun, 400, {"Code": "SignatureDoesNotMatch"}, NotSent, "SignatureDoesNotMatch"),
        (aliyun, 503, {"Code": "ServiceUnavailable"}, NotSent, "ServiceUnavailable"),
        (aliyun, 200, {"strange": 1}, Unclear, "HTTP_200"),
        (tencent, 200, tencent_status("LimitExceeded.PhoneNumberDailyLimit"), NotSent, "LimitExceeded"),
        (tencent, 200, tencent_status("FailedOperation.PhoneNumberInBlacklist"), NeverSent, "PhoneNumberInBlacklist"),
        (tencent, 200, tencent_error("AuthFailure.SignatureFailure"), NotSent, "AuthFailure"),
        (tencent, 200, tencent_error("RequestLimitExceeded"), NotSent, "RequestLimitExceeded"),
        (tencent, 200, {"Response": {"SendStatusSet": []}}, Unclear, "HTTP_200"),
        (tencent, 200, {"Response": [1]}, Unclear, "HTTP_200"),
        *[
            (gateway, status, reply, error, f"HTTP_{status}")
            for gateway in (aliyun, tencent)
            for status, reply, error in [
                (500, b"<html>", Unclear),
                (502, b"", Unclear),
                (504, b"[]", Unclear),
                (429, b"slow down", NotSent),
                (503, b"<html>", NotSent),
                (403, b"<html>", NotSent),
                (302, b"", NotSent),
                (200, b"not json", Unclear),
            ]
        ],
    ],
)
def test_each_answer_is_told_apart(
    provider: StandIn, gateway: Any, status: int, reply: Any, error: type[OSError], code: str
) -> None:
    provider.status, provider.reply = status, reply
    with pytest.raises(error, match=code):
        gateway(provider).send(CODE)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("gateway", [aliyun, tencent])
def test_silence_and_a_hang_up_are_unclear(provider: StandIn, gateway: Any) -> None:
    provider.hang_up = True
    with pytest.raises(Unclear, match="NO_ANSWER"):
        gateway(provider).send(CODE)
    provider.hang_up, provider.silence, provider.reply = False, 1.0, ALIYUN_OK
    with pytest.raises(Unclear, match="NO_ANSWER"):
        gateway(provider, timeout=0.2).send(CODE)


@pytest.mark.parametrize("gateway", [aliyun, tencent])
def test_nobody_there_is_certain(gateway: Any) -> None:
    with pytest.raises(NotSent, match="CONNECT"):
        gateway(StandIn(url="http://127.0.0.1:1")).send(CODE)


@pytest.mark.parametrize("gateway", [aliyun, tencent])
def test_without_a_template_nothing_is_asked(provider: StandIn, gateway: Any) -> None:
    with pytest.raises(NotSent, match="NO_TEMPLATE"):
        gateway(provider).send(Message("", "13800000051", "taken", "", "", "k"))
    assert provider.asked == []


@pytest.mark.asvs("V13.3.1", "no key, number or code shows in what is printed of a gateway or message")
@pytest.mark.parametrize("made", [aliyun(StandIn()), tencent(StandIn()), CODE])
def test_nothing_secret_shows_itself(made: MessageGateway | Message) -> None:
    assert not any(word in repr(made) for word in ("'secret'", "012345", "13800000051"))


def test_a_provider_without_tls_is_not_what_is_asked_by_default() -> None:
    from core.gateways import sms_aliyun, sms_tencent

    assert all(each.ENDPOINT.startswith("https://") for each in (sms_aliyun, sms_tencent))
