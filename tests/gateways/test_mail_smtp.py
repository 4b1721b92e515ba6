"""SMTP inside TLS, against a small mail server on this machine with a certificate made for the test."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.gateways.mail_smtp import SmtpMail
from core.gateways.messages import Message, NeverSent, NotSent, Unclear

MAIL = Message("2026-08-01T09:00:00+08:00", "she@example.com", "report", "", "您的报名有新进展。", "key-1", "杏林通知")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class MailServer:
    """`says` replaces the answer to a command; an empty answer hangs up."""

    port: int = 0
    says: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)


@contextmanager
def mail_server(certificate: Path, security: str) -> Iterator[MailServer]:
    state = MailServer()
    listener = socket.create_server(("127.0.0.1", 0))
    state.port = listener.getsockname()[1]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    def serve() -> None:
        with suppress(OSError):
            while True:
                talk(listener.accept()[0])

    def talk(raw: socket.socket) -> None:
        with suppress(OSError):
            connection = tls.wrap_socket(raw, server_side=True) if security == "tls" else raw
            while connection is not None:
                connection = converse(connection)

    def converse(connection: socket.socket) -> socket.socket | None:
        """Speak until the end, or until TLS begins anew on the same line."""
        file = connection.makefile("rwb")

        def answer(text: str) -> None:
            file.write(f"{text}\r\n".encode())
            file.flush()

        if not isinstance(connection, ssl.SSLSocket) or security == "tls":
            answer("220 ready")
        while line := file.readline():
            command = line.decode().strip().split(" ")[0].upper()
            state.heard.append(command)
            said = state.says.get(command)
            if said == "":
                break
            if said:
                answer(said)
            elif command == "EHLO":
                answer(
                    "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN"
                    if security == "starttls"
                    else "250-here\r\n250 AUTH PLAIN"
                )
            elif command == "STARTTLS":
                answer("220 go")
                return tls.wrap_socket(connection, server_side=True)
            elif command == "DATA":
                answer("354 go")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += file.readline()
                end = state.says.get(".")
                if end == "":
                    break
                state.taken.append(body)
                answer(end or "250 taken")
            else:
                answer("235 in" if command == "AUTH" else "250 ok")
            if command == "QUIT":
                break
        file.close()
        connection.close()
        return None

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        listener.close()


def gateway(
    certificate: Path, port: int, security: Literal["tls", "starttls"], *, trusting: bool = True, timeout: float = 5
) -> SmtpMail:
    context = ssl.create_default_context(cafile=str(certificate) if trusting else None)
    return SmtpMail("127.0.0.1", port, "xinglin@example.org", security, "user", "pass", timeout, context)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_arrives_inside_tls(certificate: Path, security: Literal["tls", "starttls"]) -> None:
    with mail_server(certificate, security) as server:
        made = gateway(certificate, server.port, security)
        first, second = made.send(MAIL), made.send(MAIL)
    assert first == second == "<key-1@example.org>"
    mail = message_from_bytes(server.taken[0], policy=default)
    assert (mail["To"], mail["From"], mail["Subject"]) == ("she@example.com", "xinglin@example.org", "杏林通知")
    assert "新进展" in mail.get_content()  # type: ignore[attr-defined]
    assert mail["Message-ID"] == first
    assert "AUTH" in server.heard


@pytest.mark.asvs("V12.3.2", "mail is handed only to a server whose certificate is trusted")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_strange_certificate_gets_no_password_and_no_mail(
    certificate: Path, security: Literal["tls", "starttls"]
) -> None:
    with mail_server(certificate, security) as server, pytest.raises(NotSent, match="CONNECT"):
        gateway(certificate, server.port, security, trusting=False).send(MAIL)
    assert "AUTH" not in server.heard
    assert server.taken == []


@pytest.mark.parametrize(
    ("command", "said", "error"),
    [
        ("AUTH", "535 no", NotSent),
        ("STARTTLS", "454 not now", NotSent),
        ("MAIL", "451 later", NotSent),
        ("RCPT", "550 unknown", NeverSent),
        ("RCPT", "450 grey", NotSent),
        (".", "554 spam", NeverSent),
        (".", "452 full", NotSent),
        (".", "", Unclear),
    ],
)
def test_each_refusal_is_told_apart(certificate: Path, command: str, said: str, error: type[OSError]) -> None:
    with mail_server(certificate, "starttls") as server, pytest.raises(error):
        server.says[command] = said
        gateway(certificate, server.port, "starttls").send(MAIL)


def test_nobody_there_and_nobody_answering() -> None:
    with pytest.raises(NotSent):
        SmtpMail("127.0.0.1", 1, "a@example.org").send(MAIL)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(NotSent):
        SmtpMail("127.0.0.1", mute.getsockname()[1], "a@example.org", "starttls", timeout=0.2).send(MAIL)


def test_a_line_break_in_the_address_is_no_second_header(certificate: Path) -> None:
    from dataclasses import replace

    with mail_server(certificate, "tls") as server, pytest.raises(NeverSent, match="ADDRESS"):
        gateway(certificate, server.port, "tls").send(replace(MAIL, to="a@example.com\r\nBcc: b@example.com"))
    assert server.taken == []
