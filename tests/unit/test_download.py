"""Documents behind an address: what is followed, what is refused, and what is never shown."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from connectors.download import (
    DEADLINE_SECONDS,
    SecretHeader,
    Validators,
    download,
    fetch,
    make_client,
    shown,
)
from syncsvc.errors import AccessRefused, BadExport, SourceError, Unreachable

URL = "https://ls.example/plans/LDM-564.txt?revision=MARKER#x"
PLAIN = "https://ls.example/plans/LDM-564.txt"

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def redirect(*targets: str) -> Answer:
    """Redirects to each target in turn, and then answers."""
    left = list(targets)

    def answer(request: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(302, headers={"Location": left.pop(0)})
        return httpx.Response(200, content=str(request.url).encode())

    return answer


def test_the_bytes_come_as_they_are() -> None:
    content = bytes(range(256)) * 1_000
    assert download(URL, client(lambda request: httpx.Response(200, content=content))) == content


def test_a_redirect_is_followed_within_https() -> None:
    got = download(URL, client(redirect("/moved.txt", "https://other.example/plan.txt")))
    assert got == b"https://other.example/plan.txt"


@pytest.mark.parametrize(
    "target", ["http://ls.example/plan.txt", "file:///etc/passwd", "http://localhost/x", "https://me:MARKER@x.example/"]
)
def test_a_redirect_away_from_https_is_not_followed(target: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(301, headers={"Location": f"{target}?token=MARKER"})

    with pytest.raises(AccessRefused, match="answers with a redirect to") as caught:
        download(PLAIN, client(answer))
    assert asked == [PLAIN]
    assert "MARKER" not in str(caught.value)


def test_redirects_come_to_an_end() -> None:
    with pytest.raises(SourceError, match="more than 5 redirects"):
        download(PLAIN, client(redirect(*["/again"] * 9)))


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (401, AccessRefused, "answers 401 Unauthorized"),
        (403, AccessRefused, "answers 403 Forbidden"),
        (404, SourceError, "answers 404 Not Found"),
        (429, Unreachable, "answers 429"),
        (503, Unreachable, "answers 503"),
        (206, SourceError, "answers 206"),
        (304, SourceError, "answers 304"),
    ],
)
def test_any_other_answer_is_an_error_without_secrets(status: int, error: type[SourceError], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        download(URL, client(lambda request: httpx.Response(status, content=b"MARKER")))
    assert type(caught.value) is error
    assert PLAIN in caught.value.message
    assert "MARKER" not in str(caught.value)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (httpx.ConnectError("refused"), "cannot be reached"),
        (httpx.ConnectTimeout("slow"), "no answer in time"),
        (httpx.ReadTimeout("slow"), "no answer in time"),
        (httpx.RemoteProtocolError("peer closed"), "the answer broke off"),
        (httpx.ReadError("reset"), "the answer broke off"),
        (httpx.DecodingError("gzip"), "no usable answer"),
    ],
)
def test_nobody_answers(trouble: httpx.HTTPError, said: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise trouble

    with pytest.raises(Unreachable, match=said) as caught:
        download(URL, client(answer))
    assert "MARKER" not in str(caught.value)


def pieces(number: int, size: int) -> Iterator[bytes]:
    for _ in range(number):
        yield b"x" * size


def test_far_too_much_is_refused_while_it_comes() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 65_536

    with pytest.raises(BadExport, match="more than 1 MB"):
        download(URL, client(lambda request: httpx.Response(200, content=endless())), max_bytes=1_000_000)
    assert taken < 30


def test_an_answer_that_trickles_ends_at_the_deadline() -> None:
    times = iter([0.0, 1.0, DEADLINE_SECONDS + 1])
    with pytest.raises(Unreachable, match="did not end within 120 seconds"):
        download(
            URL,
            client(lambda request: httpx.Response(200, content=pieces(10, 65_536))),
            clock=lambda: next(times),
        )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://me:pw@ls.example:8443/a?b#c", "https://ls.example:8443/a"),
        ("https://[", "the address"),
    ],
)
def test_what_is_shown_of_an_address(url: str, words: str) -> None:
    assert shown(url) == words


def test_certificates_are_verified_and_redirects_left_to_us() -> None:
    with make_client() as made:
        assert not made.follow_redirects
        assert made.timeout.read is not None
        assert made.timeout.connect is not None
        pool = made._transport._pool  # type: ignore[attr-defined]
        assert pool._ssl_context.verify_mode.name == "CERT_REQUIRED"
        assert pool._ssl_context.check_hostname


SECRET = SecretHeader("X-Token", "MARKER-secret")


def test_a_secret_goes_to_its_host_and_with_a_redirect_there() -> None:
    sent: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append((str(request.url), request.headers.get("X-Token")))
        if len(sent) == 1:
            return httpx.Response(302, headers={"Location": "/moved.txt"})
        return httpx.Response(200, content=b"x")

    fetch(PLAIN, client(answer), lambda piece: None, secret=SECRET)
    assert sent == [(PLAIN, "MARKER-secret"), ("https://ls.example/moved.txt", "MARKER-secret")]


@pytest.mark.parametrize(
    "other",
    [
        "https://other.example/a",
        "https://ls.example:8443/a",
        "https://sub.ls.example/a",
        "https://ls.example.evil.test/",
    ],
)
def test_a_secret_is_dropped_on_a_redirect_to_another_host_and_stays_dropped(other: str) -> None:
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("X-Token"))
        targets = [other, "https://ls.example/back"]
        if len(sent) <= len(targets):
            return httpx.Response(302, headers={"Location": targets[len(sent) - 1]})
        return httpx.Response(200, content=b"x")

    fetch(PLAIN, client(answer), lambda piece: None, secret=SECRET)
    assert sent == ["MARKER-secret", None, None]


def test_a_refused_secret_is_named_by_its_setting_and_never_shown() -> None:
    with pytest.raises(AccessRefused, match="answers 403") as caught:
        fetch(URL, client(lambda request: httpx.Response(403)), lambda piece: None, secret=SECRET)
    assert "see whether its secret still holds" in (caught.value.hint or "")
    assert "MARKER" not in f"{caught.value} {caught.value.hint} {SECRET!r}"


def test_what_has_not_changed_is_not_given_again() -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"one"':
            return httpx.Response(304)
        return httpx.Response(200, content=b"first", headers={"ETag": '"one"'})

    taken: list[bytes] = []
    first = fetch(PLAIN, client(answer), taken.append)
    again = fetch(PLAIN, client(answer), taken.append, known=first.validators)
    assert (asked, taken, first.unchanged, again.unchanged) == ([None, '"one"'], [b"first"], False, True)
    assert Validators(modified="Tue, 30 Apr 2019 12:00:00 GMT").headers() == {
        "If-Modified-Since": "Tue, 30 Apr 2019 12:00:00 GMT"
    }
