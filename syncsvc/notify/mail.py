"""Mail by SMTP, encrypted and verified; a login only over an encrypted line or on this machine."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from syncsvc.notice import Message
from syncsvc.notify import DEADLINE_SECONDS, STEP_SECONDS, Trust, Undelivered, within_deadline
from syncsvc.notify_settings import DEFAULT_PORTS, MailSettings
from syncsvc.secret import Secret


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail server and whom it is to tell."""

    settings: MailSettings
    password: Secret | None = None
    trust: Trust = field(default_factory=Trust)
    deadline_seconds: float = DEADLINE_SECONDS
    name: str = field(default="mail", init=False)

    def send(self, message: Message, *, number: str, at: datetime) -> str:
        """Hand the mail to the server. Undelivered unless it takes it for at least one recipient."""
        mail = self.compose(message, number=number, at=at)
        return within_deadline(lambda: self._send(mail), self.deadline_seconds)

    def compose(self, message: Message, *, number: str, at: datetime) -> EmailMessage:
        """The mail itself, as text and as a simple page; nothing in `message` can become a header."""
        mail = EmailMessage()
        mail["Subject"] = " ".join(message.subject.split())
        mail["From"] = self.settings.sender
        mail["To"] = ", ".join(self.settings.recipients)
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{number}@{self.settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # no vacation notices, please
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        return mail

    def _send(self, mail: EmailMessage) -> str:
        place = f"{self.settings.host}:{self._port}"
        try:
            with self._open() as server:
                if self.settings.user is not None and self.password is not None:
                    server.login(self.settings.user, self.password.reveal())
                refused = server.send_message(mail, self.settings.sender, list(self.settings.recipients))
        except smtplib.SMTPAuthenticationError as error:
            raise Undelivered(f"{place} refuses the login of {self.settings.user} ({error.smtp_code})") from None
        except smtplib.SMTPNotSupportedError as error:
            raise Undelivered(f"{place} cannot do what [notify.mail] asks for: {error}") from None
        except smtplib.SMTPRecipientsRefused as error:
            raise Undelivered(f"{place} takes nothing for {', '.join(sorted(error.recipients))}") from None
        except smtplib.SMTPServerDisconnected:
            raise Undelivered(f"{place} ended the connection") from None
        except smtplib.SMTPResponseException as error:
            permanent = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
            raise Undelivered(f"{place} answers {error.smtp_code}", permanent=permanent) from None
        except ssl.SSLCertVerificationError as error:
            raise Undelivered(f"{place} shows a certificate that is not trusted: {error.verify_message}") from None
        except ssl.SSLError:
            raise Undelivered(f"{place} does not speak TLS as [notify.mail] security says") from None
        except TimeoutError:
            raise Undelivered(f"{place} does not answer in time") from None
        except (OSError, smtplib.SMTPException) as error:
            words = getattr(error, "strerror", None) or type(error).__name__
            raise Undelivered(f"{place} cannot be reached: {words}") from None
        left_out = f", not for {', '.join(sorted(refused))}" if refused else ""
        return f"taken by {place}{left_out}"

    @property
    def _port(self) -> int:
        return self.settings.port or DEFAULT_PORTS[self.settings.security]

    def _open(self) -> smtplib.SMTP:
        if self.settings.security == "tls":
            context = self.trust.context
            return smtplib.SMTP_SSL(self.settings.host, self._port, timeout=STEP_SECONDS, context=context)
        server = smtplib.SMTP(self.settings.host, self._port, timeout=STEP_SECONDS)
        if self.settings.security == "starttls":
            try:
                server.starttls(context=self.trust.context)
            except BaseException:
                server.close()
                raise
        return server
