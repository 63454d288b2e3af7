"""What stands at the far end of a notification: a mail server and a web server on loopback that keep what they get."""

import json
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER = "syncsvc-bot"


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the tests, and a server's certificate of it."""

    ca_file: Path
    server: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    """Certificates for localhost, and the file that makes them trusted."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return Certificates(folder / "ca.pem", context)


@dataclass
class MailServer:
    """Keeps the mails it takes. `password`: what a login must say; `answer`: what it says to every mail instead."""

    port: int = 0
    password: str = ""
    answer: str | None = None
    breaks_off: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    sent_to: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.breaks_off:
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        if self.answer:
            return self.answer
        content = envelope.original_content
        assert content is not None
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.sent_to.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def log_in(self, server: SMTP, session: Session, envelope: Envelope, how: str, said: Any) -> AuthResult:
        self.logins += 1
        right = isinstance(said, LoginPassword) and (said.login, said.password) == (
            USER.encode(),
            self.password.encode(),
        )
        return AuthResult(success=right, handled=right)


@contextmanager
def mail_server(
    certificates: Certificates, security: str = "starttls", *, password: str = "", port: int = 0
) -> Iterator[MailServer]:
    """A mail server: "starttls", "tls" or "none"; with a password it takes nothing without a login."""
    mails = MailServer(password=password)
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": port or _free_port()}
    if security == "tls":
        options["ssl_context"] = certificates.server
    elif security == "starttls":
        options |= {"tls_context": certificates.server, "require_starttls": True}
    if password:
        options |= {"authenticator": mails.log_in, "auth_required": True, "auth_require_tls": security == "starttls"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="aiosmtpd")  # about logins, which it thinks are not encrypted
        controller = Controller(mails, **options)
        controller.start()
        mails.port = controller.port
        try:
            yield mails
        finally:
            controller.stop()


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@dataclass
class WebServer:
    """Keeps the requests it gets. `answers` are statuses by path, 200 where there is none; `delay_seconds` first."""

    url: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    delay_seconds: float = 0
    breaks_off: bool = False
    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    def posted(self, path: str) -> list[Any]:
        return [body for method, at, body in self.requests if (method, at) == ("POST", path)]

    @property
    def pinged(self) -> list[str]:
        return [at for method, at, _ in self.requests if method == "GET"]


@contextmanager
def web_server(certificates: Certificates | None = None) -> Iterator[WebServer]:
    """A web server, by https where certificates are given."""
    kept = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(size)
            if kept.breaks_off:
                self.close_connection = True
                self.connection.close()
                return
            time.sleep(kept.delay_seconds)
            kept.requests.append((self.command, self.path, json.loads(content) if content else None))
            status = kept.answers.get(self.path, 200)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificates is not None:
        server.socket = certificates.server.wrap_socket(server.socket, server_side=True)
    kept.url = f"{'https' if certificates else 'http'}://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
