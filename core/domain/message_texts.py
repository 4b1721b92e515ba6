"""What short messages say. No personal data: a phone lies on tables, and shows its messages while locked."""

SIGN = "【杏林】"

TEXTS = {
    "register": "您正在进行账号注册，验证码 {code}，5 分钟内有效。请勿告诉他人。",
    "reset": "您正在进行重设密码，验证码 {code}，5 分钟内有效。请勿告诉他人。",
    "notice": "您的报名有新进展，请登录杏林查看。",
    "security": "您的登录密码或两步验证刚刚有变化。如非本人操作，请立即用「忘记密码」重设密码，并联系技术支持。",
    "taken": "有人再次用您的证件号申请注册，您的账号和密码没有改变。如果是您本人，请直接登录或重设密码。",
}
"""By purpose. A provider's approved template must say the same; only `code` varies."""


def message_text(purpose: str, code: str = "") -> str:
    """The whole text with its signature."""
    return SIGN + TEXTS[purpose].format(code=code)
