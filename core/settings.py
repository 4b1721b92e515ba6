"""What an operator may choose, read from the environment with the prefix `XINGLIN_`."""

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.domain.passwords import PASSWORD_CLASSES, PasswordPolicy

ROOT = Path(__file__).resolve().parents[1]
SHORTEST_SECRET = 32
DATA_DIR = ROOT / "data" / "local"
SMS_PURPOSES = ("register", "reset", "notice", "security", "taken")
"""What short messages are sent for; each needs a template approved by the provider."""
ENV_FILE = "xinglin.env"
"""In the data folder, read after the environment. `make run` writes it, so that `streamlit run Home.py` finds the same
demonstration."""


class Settings(BaseSettings):
    """One instance's settings; every field is an environment variable, listed in docs/operators.md."""

    model_config = SettingsConfigDict(env_prefix="XINGLIN_", extra="ignore", frozen=True)

    data_dir: Path = DATA_DIR
    """Database file, objects, outbox and (in the demonstration) the secret."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in `data_dir`."""
    secret_key: SecretStr = SecretStr("")
    """Keys for encryption and hashes derive from it; at least 32 characters outside the demonstration."""
    older_secret_keys: list[SecretStr] = []
    """Earlier secrets that can still decrypt."""
    demo: bool = False
    """Demonstration: sample data, known logins, SMS codes on the screen. Never with real data."""
    captcha: Literal["on", "off"] = "on"
    """Picture captcha at login; `off` only in the demonstration (browser tests)."""
    sms: Literal["outbox", "aliyun", "tencent"] = "outbox"
    """SMS gateway: a file in the data folder, or a provider with the settings that follow."""
    sms_key_id: str = ""
    sms_key_secret: SecretStr = SecretStr("")
    sms_app_id: str = ""
    """SmsSdkAppId, Tencent only."""
    sms_sign: str = ""
    """The approved 短信签名."""
    sms_templates: dict[str, str] = {}
    """JSON: the approved template of each purpose (register, reset, notice, taken)."""
    sms_region: str = "ap-guangzhou"
    sms_endpoint: str = ""
    """Another address than the provider's usual one."""
    mail: Literal["none", "outbox", "smtp"] = "none"
    """Mail gateway."""
    smtp_host: str = ""
    smtp_port: int = Field(default=465, ge=1, le=65535)
    smtp_security: Literal["tls", "starttls"] = "tls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    timezone: str = "Asia/Shanghai"
    """Zone in which times are shown and typed."""
    https: bool = False
    """Whether visitors come over HTTPS: cookies are then Secure."""
    allowed_hosts: list[str] = []
    """Host names that the portal answers to, as a JSON list; empty answers to any."""
    session_idle_minutes: int = Field(default=30, ge=1)
    session_absolute_hours: int = Field(default=12, ge=1)
    retention_months: int = Field(default=36, ge=1, le=600)
    """How long after the end of a batch its applicants' data are kept; then `xinglin retention run` makes them anonymous."""
    password_min_length: int = Field(default=8, ge=8, le=64)
    password_max_length: int = Field(default=16, ge=16, le=128)
    """The manual's 16 (M7) unless an operator allows more."""
    password_classes: str = "upper,lower,digit,special"
    """What a password must hold, by commas; empty for none."""
    staff_second_factor: Literal["required", "optional"] | None = None
    """Whether clerks log in with a code of their authenticator; unset it is required, optional in the demonstration."""
    password_link_hours: int = Field(default=24, ge=1)
    """How long the link lives with which a clerk sets the own password."""
    public_url: str = ""
    """Where visitors reach the portal, for links that a command prints."""
    lease_minutes: int = Field(default=15, ge=1)
    """How long a reviewer's 领取 lasts (T8)."""

    @classmethod
    def load(cls) -> Self:
        """The settings of this machine: the environment, then `xinglin.env` in the data folder."""
        folder = Path(os.environ.get("XINGLIN_DATA_DIR") or DATA_DIR)
        return cls(_env_file=folder / ENV_FILE)  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _refuse_half_a_gateway(self) -> Self:
        if self.sms != "outbox":
            given = {
                "KEY_ID": self.sms_key_id,
                "KEY_SECRET": self.sms_key_secret.get_secret_value(),
                "SIGN": self.sms_sign,
                "TEMPLATES": self.sms_templates,
                "APP_ID": self.sms_app_id or self.sms == "aliyun",
            }
            missing = [f"XINGLIN_SMS_{name}" for name, value in given.items() if not value]
            missing += [f"XINGLIN_SMS_TEMPLATES: {name}" for name in SMS_PURPOSES if name not in self.sms_templates]
            if missing:
                raise ValueError(f"XINGLIN_SMS={self.sms} needs {', '.join(missing)}.")
        if self.mail == "smtp" and not (self.smtp_host and "@" in self.smtp_from):
            raise ValueError("XINGLIN_MAIL=smtp needs XINGLIN_SMTP_HOST and XINGLIN_SMTP_FROM.")
        return self

    @model_validator(mode="after")
    def _refuse_weak(self) -> Self:
        if self.demo:
            return self
        if self.captcha == "off":
            raise ValueError("XINGLIN_CAPTCHA=off is for the demonstration only (XINGLIN_DEMO=1).")
        if len(self.secret_key.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(
                f"XINGLIN_SECRET_KEY needs at least {SHORTEST_SECRET} characters outside the demonstration."
            )
        return self

    @field_validator("password_classes")
    @classmethod
    def _known_classes(cls, value: str) -> str:
        unknown = {each.strip() for each in value.split(",") if each.strip()} - set(PASSWORD_CLASSES)
        if unknown:
            raise ValueError(f"XINGLIN_PASSWORD_CLASSES knows {', '.join(PASSWORD_CLASSES)} only.")
        return value

    @cached_property
    def password_policy(self) -> PasswordPolicy:
        """The policy as the rules take it (M7)."""
        wanted = {each.strip() for each in self.password_classes.split(",")}
        classes = {name: name in wanted for name in PASSWORD_CLASSES}
        return PasswordPolicy(self.password_min_length, self.password_max_length, **classes)

    @property
    def second_factor_required(self) -> bool:
        """Whether every clerk needs a second factor."""
        return (self.staff_second_factor or ("optional" if self.demo else "required")) == "required"

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'xinglin.db'}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)

    @cached_property
    def secret(self) -> str:
        """The secret; the demonstration makes one for itself and keeps it in `data_dir`."""
        given = self.secret_key.get_secret_value()
        return given or _own_secret(self.data_dir / "demo-secret.key")


def _own_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text("ascii")
