"""Mail over SMTP, always inside TLS with the server's certificate checked."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from core.gateways.messages import Message, NeverSent, NotSent, Unclear


@dataclass(frozen=True)
class SmtpMail:
    """`security`: `tls` from the first byte (port 465) or `starttls` (port 587). `timeout` in seconds for each step."""

    host: str
    port: int
    sender: str
    security: Literal["tls", "starttls"] = "tls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 10.0
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    at_once = False

    def send(self, message: Message) -> str:
        """Hand it over; its Message-ID, which stays the same at a repetition, so that mailboxes can drop the second."""
        mail = self._dressed(message)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent("CONNECT") from error
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refusal(codes[0] if codes else 0) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unclear("NO_ANSWER") from error
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        return str(mail["Message-ID"])[:64]

    def _dressed(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"], mail["To"], mail["Subject"] = self.sender, message.to, message.subject
        except ValueError as error:
            # A line break would begin another header.
            raise NeverSent("ADDRESS") from error
        mail["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2]}>"
        mail.set_content(message.text)
        return mail

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=self.context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=self.context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int) -> NotSent | NeverSent:
    return (NeverSent if 500 <= code < 600 else NotSent)(f"SMTP_{code}")
