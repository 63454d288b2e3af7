"""Every way to tell against a real server on loopback: what it hands over, and in which words it fails."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncsvc.notify import Trust, Undelivered, within_deadline
from syncsvc.notify.mail import Mail
from syncsvc.notify.web import Ping, Webhook
from syncsvc.notify_settings import MailSettings, PingSettings
from syncsvc.report.digest import probe
from syncsvc.secret import Secret
from tests.far_ends import USER, Certificates, mail_server, make_certificates, web_server

AT = datetime(2019, 5, 2, 11, 30, tzinfo=UTC)
MESSAGE = probe("LSST", "It arrives: Curaçao.")
PASSWORD, HOOK = "marker-password", "/marker-hook-0123456789"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def trust(certificates: Certificates) -> Trust:
    return Trust(certificates.ca_file)


def mail_to(port: int, security: str = "starttls", trust: Trust | None = None, **rest: object) -> Mail:
    login = {} if security == "none" else {"user": USER}
    settings = MailSettings(
        host="localhost", port=port, security=security, sender="s@example.org", recipients=("c@example.org",), **login
    )  # type: ignore[arg-type]
    return Mail(settings, Secret(PASSWORD), trust or Trust(), **rest)  # type: ignore[arg-type]


def why(send: Callable[[], object]) -> str:
    with pytest.raises(Undelivered) as caught:
        send()
    assert "marker" not in str(caught.value)
    return str(caught.value)


@contextmanager
def silent_server(answer: bytes = b"") -> Iterator[int]:
    """Takes a connection, says this, and then nothing for as long as it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.sendall(answer)
                held.append(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    for each in held:
        each.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class TestMail:
    @pytest.mark.parametrize("security", ["starttls", "tls", "none"])
    def test_arrives(self, certificates: Certificates, trust: Trust, security: str) -> None:
        with mail_server(certificates, security, password="" if security == "none" else PASSWORD) as server:
            said = mail_to(server.port, security, trust).send(MESSAGE, number="ab12.7", at=AT)
        assert said == f"taken by localhost:{server.port}"
        (mail,) = server.mails
        assert mail["Subject"] == "syncsvc LSST: a test message"
        assert mail["Message-ID"] == "<ab12.7@example.org>"
        assert mail["Date"] == "Thu, 02 May 2019 11:30:00 +0000"
        parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
        assert "Curaçao" in parts["text/plain"]
        assert "Curaçao" in parts["text/html"]
        assert server.logins == (0 if security == "none" else 1)

    def test_a_certificate_that_is_not_trusted(self, certificates: Certificates) -> None:
        for security in ("starttls", "tls"):
            with mail_server(certificates, security) as server:
                words = why(lambda s=security, p=server.port: mail_to(p, s).send(MESSAGE, number="1", at=AT))
            assert "shows a certificate that is not trusted" in words
            assert (server.mails, server.logins) == ([], 0)

    def test_a_server_that_cannot_encrypt_gets_no_password(self, certificates: Certificates, trust: Trust) -> None:
        with mail_server(certificates, "none") as server:
            words = why(lambda: mail_to(server.port, "starttls", trust).send(MESSAGE, number="1", at=AT))
        assert "cannot do what [notify.mail] asks for" in words
        assert (server.mails, server.logins) == ([], 0)

    def test_a_refused_login(self, certificates: Certificates, trust: Trust) -> None:
        with mail_server(certificates, password="another") as server:
            words = why(lambda: mail_to(server.port, trust=trust).send(MESSAGE, number="1", at=AT))
        assert words == f"localhost:{server.port} refuses the login of {USER} (535)"

    @pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("552 too big", True)])
    def test_a_mail_that_is_not_taken(
        self, certificates: Certificates, trust: Trust, answer: str, permanent: bool
    ) -> None:
        with mail_server(certificates, password=PASSWORD) as server:
            server.answer = answer
            with pytest.raises(Undelivered, match=f"answers {answer[:3]}") as caught:
                mail_to(server.port, trust=trust).send(MESSAGE, number="1", at=AT)
        assert caught.value.permanent is permanent

    def test_a_connection_that_is_lost(self, certificates: Certificates, trust: Trust) -> None:
        with mail_server(certificates, password=PASSWORD) as server:
            server.breaks_off = True
            words = why(lambda: mail_to(server.port, trust=trust).send(MESSAGE, number="1", at=AT))
        assert words == f"localhost:{server.port} ended the connection"

    def test_nobody_there(self) -> None:
        assert "cannot be reached: Connection refused" in why(
            lambda: mail_to(free_port()).send(MESSAGE, number="1", at=AT)
        )

    def test_one_who_says_nothing(self) -> None:
        with silent_server() as port:
            mail = mail_to(port, deadline_seconds=0.3)
            assert why(lambda: mail.send(MESSAGE, number="1", at=AT)) == "no answer within 0.3 seconds"

    def test_not_what_it_should_be(self) -> None:
        with silent_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            mail = mail_to(port, deadline_seconds=5)
            assert "answers" in why(lambda: mail.send(MESSAGE, number="1", at=AT))


class TestWebhook:
    @pytest.mark.parametrize("kind", ["json", "slack", "teams"])
    def test_arrives(self, certificates: Certificates, trust: Trust, kind: str) -> None:
        with web_server(certificates) as server:
            hook = Webhook("board", kind, Secret(server.url + HOOK), trust)  # type: ignore[arg-type]
            assert hook.send(MESSAGE, number="1", at=AT) == "answered 200"
        (body,) = server.posted(HOOK)
        assert "Curaçao" in repr(body)

    @pytest.mark.parametrize(
        ("status", "words", "permanent"),
        [
            (500, "it answers 500", False),
            (429, "it answers 429", False),
            (302, "it answers 302, a redirect, which is not followed", False),
            (403, "it answers 403, so its address is not accepted", False),
            (404, "it answers 404, so its address is not known there any more", False),
            (400, "it answers 400", True),
        ],
    )
    def test_no(self, status: int, words: str, permanent: bool) -> None:
        with web_server() as server:
            server.answers[HOOK] = status
            with pytest.raises(Undelivered) as caught:
                Webhook("board", "json", Secret(server.url + HOOK)).send(MESSAGE, number="1", at=AT)
            assert [path for _, path, _ in server.requests] == [HOOK]
        assert (str(caught.value), caught.value.permanent) == (words, permanent)

    def test_a_certificate_that_is_not_trusted(self, certificates: Certificates) -> None:
        with web_server(certificates) as server:
            hook = Webhook("board", "json", Secret(server.url + HOOK))
            assert why(lambda: hook.send(MESSAGE, number="1", at=AT)) == "its certificate is not trusted"
            assert server.requests == []

    def test_a_connection_that_is_lost(self) -> None:
        with web_server() as server:
            server.breaks_off = True
            hook = Webhook("board", "json", Secret(server.url + HOOK))
            assert why(lambda: hook.send(MESSAGE, number="1", at=AT)).startswith("no usable answer")

    def test_nobody_there(self) -> None:
        hook = Webhook("board", "json", Secret(f"http://localhost:{free_port()}{HOOK}"))
        assert why(lambda: hook.send(MESSAGE, number="1", at=AT)) == "it cannot be reached"

    def test_one_who_says_nothing(self) -> None:
        with silent_server() as port:
            hook = Webhook("board", "json", Secret(f"http://localhost:{port}{HOOK}"), deadline_seconds=0.3)
            assert why(lambda: hook.send(MESSAGE, number="1", at=AT)) == "no answer within 0.3 seconds"

    def test_certificates_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("no certificate")
        hook = Webhook("board", "json", Secret("https://localhost:1/x"), Trust(tmp_path / "ca.pem"))
        assert "ca_file" in why(lambda: hook.send(MESSAGE, number="1", at=AT))


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        (PingSettings(), ["/p/start", "/p", "/p/fail"]),
        (PingSettings(tell_start=False), ["/p", "/p/fail"]),
        (
            PingSettings(start_ending="?state=run", success_ending="?state=complete", failure_ending="?state=fail"),
            ["/p?state=run", "/p?state=complete", "/p?state=fail"],
        ),
    ],
)
def test_pings(settings: PingSettings, paths: list[str]) -> None:
    with web_server() as server:
        ping = Ping(settings, Secret(f"{server.url}/p"))
        for what in ("start", "success", "failure"):
            ping(what)
    assert server.pinged == paths


def test_a_bug_within_a_deadline_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        within_deadline(lambda: str(1 // 0))
    begun = time.monotonic()
    with pytest.raises(Undelivered):
        within_deadline(lambda: str(time.sleep(1)), 0.05)
    assert time.monotonic() - begun < 0.9
