"""Who gets in, and every way that must not lead in."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from syncsvc.persons import Role, fingerprint, new_token
from syncsvc.web.access import ATTEMPTS
from syncsvc.web.guard import MOST_UPLOAD_BYTES
from tests.site import system_now
from tests.web.browser import Browser, apart, form_of, words_of
from tests.web.conftest import Pages, put_month

PATHS = (
    "/",
    "/plan",
    "/plans/p-0000",
    "/workbook",
    "/workbook/download",
    "/decide-all",
    "/persons",
    "/milestones/M-1/narrative",
)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_without_signing_in(pages: Pages, path: str) -> None:
    page = pages.browser().get(path)
    assert page.url.path == "/sign-in"
    assert "M-1" not in words_of(page)


def test_who_signs_in_comes_to_the_page_they_asked_for_and_nowhere_else(pages: Pages) -> None:
    browser = pages.browser()
    page = browser.get("/?state=decided")
    there = form_of(page.text, "/sign-in")["next"]
    assert there == "/?state=decided"
    assert str(browser.sign_in(pages.tokens["anna"], there).url).endswith("/?state=decided")
    for evil in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\tx"):
        assert str(pages.browser().sign_in(pages.tokens["anna"], evil).url) == "http://localhost/", evil


def test_a_wrong_token_is_refused_and_says_nothing_of_who_there_is(pages: Pages) -> None:
    page = pages.browser().sign_in("syncsvc_" + "x" * 43)
    assert page.status_code == 403
    assert "Nobody has this token, or it was revoked." in words_of(page)


def test_every_page_forbids_what_it_does_not_need_and_is_not_kept(pages: Pages) -> None:
    for page in (
        pages.browser("anna").get("/"),
        pages.browser().get("/sign-in"),
        pages.browser("anna").get("/nothing"),
    ):
        assert page.headers["cache-control"] == "no-store"
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"


def test_the_cookie_is_for_these_pages_alone(pages: Pages) -> None:
    browser = pages.browser()
    answer = browser.post("/sign-in", data={"token": pages.tokens["anna"]}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={8 * 3600}" in cookie
    secure = Browser(pages.app, base="https://localhost").post(
        "/sign-in", data={"token": pages.tokens["anna"]}, follow_redirects=False
    )
    assert secure.headers["set-cookie"].startswith("__Host-syncsvc=")
    assert "Secure" in secure.headers["set-cookie"]
    assert "strict-transport-security" in secure.headers


def test_a_token_and_a_visit_are_in_the_store_as_hashes_only(pages: Pages) -> None:
    browser = pages.browser("anna")
    secret = browser.cookies["syncsvc"].partition(".")[0]
    kept = (pages.site.folder / "syncsvc.db").read_bytes() + (pages.site.folder / "syncsvc.db-wal").read_bytes()
    assert fingerprint(pages.tokens["anna"]).encode() in kept
    assert pages.tokens["anna"].encode() not in kept
    assert secret.encode() not in kept


# Sessions


def test_a_forged_session_is_nobody(pages: Pages) -> None:
    real = pages.browser("anna").cookies["syncsvc"]
    secret, _, signature = real.rpartition(".")
    forged = [
        secret,
        f"{secret}.",
        f".{signature}",
        f"{secret}x.{signature}",
        f"{secret}.{signature[:-1]}{'1' if signature.endswith('0') else '0'}",
        "a.b",
        "\xff.x",
    ]
    for cookie in forged:
        page = Browser(pages.app, headers={"cookie": f"syncsvc={cookie}".encode("latin-1")}).get("/")
        assert page.url.path == "/sign-in", cookie
    assert Browser(pages.app, headers={"cookie": f"syncsvc={real}"}).get("/").url.path == "/"


def test_a_session_that_was_ended_cannot_be_replayed(pages: Pages) -> None:
    browser = pages.browser("anna")
    stolen = browser.cookies["syncsvc"]
    assert browser.send(browser.get("/"), "/sign-out").url.path == "/sign-in"
    assert Browser(pages.app, headers={"cookie": f"syncsvc={stolen}"}).get("/").url.path == "/sign-in"


def test_a_session_ends_with_its_hours_and_with_its_person(make_pages: Callable[..., Pages]) -> None:
    clock = Clock()
    pages = make_pages(now=clock)
    anna, bob = pages.browser("anna"), pages.browser("bob")
    clock.by = timedelta(hours=7, minutes=59)
    assert anna.get("/").url.path == "/"
    pages.desk.store.revoke_person("bob", actor="root")
    assert bob.get("/").url.path == "/sign-in"
    assert pages.browser().sign_in(pages.tokens["bob"]).status_code == 403
    clock.by = timedelta(hours=8, minutes=1)
    assert anna.get("/").url.path == "/sign-in"


def test_an_admin_signs_somebody_out_and_revokes_but_no_controller_does(pages: Pages) -> None:
    root, anna = pages.browser("root"), pages.browser("anna")
    page = root.get("/persons")
    assert "anna controller token 1" in words_of(page)
    assert "1 visit of anna ended." in words_of(root.send(page, "/persons/anna/sign-out"))
    assert anna.get("/").url.path == "/sign-in"
    assert "anna may use these pages no more." in words_of(root.send(page, "/persons/anna/revoke"))
    bob = pages.browser("bob")
    assert bob.get("/persons").status_code == 403
    token = form_of(bob.get("/").text, "/sign-out")["form_token"]
    assert bob.post("/persons/vera/revoke", data={"form_token": token}).status_code == 403
    assert "root" in [actor for event, actor, _ in pages.events("user_revoked")]
    token = form_of(root.get("/persons").text, "/sign-out")["form_token"]
    assert "You cannot revoke yourself here." in words_of(root.post("/persons/root/revoke", data={"form_token": token}))


def test_a_thousand_attempts_to_sign_in_are_a_handful(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = 0
    look_up = pages.desk.store.person_of_token

    def counted(sha256: str) -> Any:
        nonlocal looked_up
        looked_up += 1
        return look_up(sha256)

    monkeypatch.setattr(pages.desk.store, "person_of_token", counted)
    browser = pages.browser(address="192.0.2.7")
    codes = [browser.post("/sign-in", data={"token": f"guess-{n}"}).status_code for n in range(1000)]
    assert codes == [403] * ATTEMPTS + [429] * (1000 - ATTEMPTS)
    assert looked_up == ATTEMPTS
    refused = browser.sign_in(pages.tokens["anna"])  # nor does the right one count now
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600
    assert "Too many attempts" in words_of(refused)
    assert pages.browser(address="192.0.2.8").sign_in(pages.tokens["anna"]).status_code == 200


def test_addresses_of_one_household_share_their_attempts(pages: Pages) -> None:
    for n in range(ATTEMPTS):
        pages.browser(address=f"2001:db8::{n}").sign_in("guess")
    assert pages.browser(address="2001:db8::ffff").sign_in("guess").status_code == 429
    assert pages.browser(address="2001:db8:0:1::1").sign_in("guess").status_code == 403


# Forms


def test_a_form_of_another_site_does_nothing(pages: Pages) -> None:
    anna = pages.browser("anna")
    fields = form_of(anna.get("/").text, "/decide") | {"verdict.1": "approve"}
    for headers in (
        {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"}, {"origin": "http://localhost.evil.example"},
    ):  # fmt: skip
        refused = anna.post("/decide", data=fields, headers=headers)
        assert (refused.status_code, "Another site" in words_of(refused)) == (403, True), headers
        assert anna.post("/sign-out", data=fields, headers=headers).status_code == 403
        assert anna.post("/sign-in", data={"token": pages.tokens["bob"]}, headers=headers).status_code == 403
    assert pages.events("approved") == []
    assert anna.get("/").url.path == "/"


@pytest.mark.parametrize("token", ["", "0" * 64, "of bob"])
def test_a_form_without_the_callers_own_token_does_nothing(pages: Pages, token: str) -> None:
    """A cookie alone is not enough: what a page of another site could send carries no token, or its own."""
    anna = pages.browser("anna")
    fields = form_of(anna.get("/").text, "/decide") | {"verdict.1": "approve", "form_token": token}
    if token == "of bob":
        fields["form_token"] = form_of(pages.browser("bob").get("/").text, "/decide")["form_token"]
    refused = anna.post("/decide", data=fields)
    assert refused.status_code == 403
    assert "not given out to you" in words_of(refused)
    assert pages.events("approved") == []


def test_a_deed_cannot_be_done_by_an_address_alone(pages: Pages) -> None:
    anna = pages.browser("anna")
    assert anna.get("/decide").status_code == 405
    assert anna.get("/plans/p-000000/apply").status_code in (404, 405)


# Proxies


@pytest.fixture
def behind_proxy(make_pages: Callable[..., Pages]) -> Pages:
    return make_pages(web_lines='trusted_proxies = ["10.0.0.0/28"]')


def test_the_word_of_a_trusted_proxy_is_taken(behind_proxy: Pages) -> None:
    browser = behind_proxy.browser(address="10.0.0.5", headers={"x-forwarded-user": "anna"})
    page = browser.get("/")
    assert "anna , controller" in words_of(page)
    assert "/sign-out" not in page.text
    answer = browser.send(page, "/decide", **{"verdict.1": "approve"})
    assert "Kept: 1 approved." in words_of(answer)
    assert [actor for _, actor, _ in behind_proxy.events("approved")] == ["anna"]


def test_a_user_header_from_any_other_address_is_nothing(behind_proxy: Pages) -> None:
    for address in ("127.0.0.1", "10.0.0.16", "192.0.2.1", "::1"):
        page = behind_proxy.browser(address=address, headers={"x-forwarded-user": "root"}).get("/")
        assert page.url.path == "/sign-in", address
    vera = behind_proxy.browser("vera", headers={"x-forwarded-user": "root"})
    assert "vera , viewer" in words_of(vera.get("/"))
    assert vera.get("/persons").status_code == 403


def test_where_no_proxy_is_trusted_none_is(pages: Pages) -> None:
    for address in ("127.0.0.1", "10.0.0.5"):
        page = pages.browser(address=address, headers={"x-forwarded-user": "root"}).get("/")
        assert page.url.path == "/sign-in", address


def test_a_proxy_that_lets_a_second_header_through_names_nobody(behind_proxy: Pages) -> None:
    twice = [("x-forwarded-user", "vera"), ("x-forwarded-user", "root")]
    page = behind_proxy.browser(address="10.0.0.5").get("/", headers=twice)
    assert page.status_code == 403
    assert "sent X-Forwarded-User 2 times" in words_of(page)


def test_whom_nobody_let_in_stays_out_whatever_the_proxy_says(behind_proxy: Pages) -> None:
    page = behind_proxy.browser(address="10.0.0.5", headers={"x-forwarded-user": "mallory"}).get("/")
    assert page.status_code == 403
    assert "you are mallory, who may not use these pages" in words_of(page)


# Requests that are not what they should be


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "localhost, evil.example", "[::1].x", "sync"],
)
def test_an_unknown_host_gets_nothing(pages: Pages, host: str) -> None:
    page = pages.browser("anna").get("/", headers={"host": host})
    assert page.status_code == 400
    assert "M-1" not in page.text
    assert "not known by the name" in words_of(page)


def test_a_host_that_is_configured_is_known(make_pages: Callable[..., Pages]) -> None:
    pages = make_pages(web_lines='allowed_hosts = ["sync.example.org"]')
    for host in ("sync.example.org", "SYNC.example.org:443", "localhost:8018", "[::1]:8018", "127.0.0.1"):
        assert pages.browser().get("/sign-in", headers={"host": host}).status_code == 200, host


def test_an_upload_of_200_mb_is_refused_before_it_is_read(pages: Pages) -> None:
    anna = pages.browser("anna")
    anna.get("/")
    status, taken = apart(_send(pages.app, "/workbook", anna, 200_000_000, said=True))
    assert (status, taken) == (413, 0)


def test_an_upload_that_hides_its_length_is_cut_off(pages: Pages) -> None:
    anna = pages.browser("anna")
    status, taken = apart(_send(pages.app, "/workbook", anna, 200_000_000, said=False))
    assert status == 413
    assert taken <= MOST_UPLOAD_BYTES + 1_000_000
    status, taken = apart(_send(pages.app, "/decide", anna, 50_000_000, said=False, kind=b"form-urlencoded"))
    assert status == 413
    assert taken <= 3_000_000


async def _send(
    app: Any, path: str, browser: Browser, size: int, *, said: bool, kind: bytes = b"form-data"
) -> tuple[int, int]:
    """A post of so many bytes, a million at a time: its status, and how many were taken."""
    taken, begun, statuses = 0, False, []
    block = b"x" * 1_000_000
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.xlsx"\r\n\r\n'

    async def receive() -> dict[str, Any]:
        nonlocal taken, begun
        body = block if begun or kind != b"form-data" else head
        begun = True
        taken += len(body)
        return {"type": "http.request", "body": body, "more_body": taken < size}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    media_type = b"multipart/form-data; boundary=b" if kind == b"form-data" else b"application/x-www-form-urlencoded"
    cookie = f"syncsvc={browser.cookies['syncsvc']}".encode()
    headers = [(b"host", b"localhost"), (b"content-type", media_type), (b"cookie", cookie)]
    if said:
        headers.append((b"content-length", str(size).encode()))
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"scheme": "http", "http_version": "1.1", "headers": headers, "root_path": ""}
    scope |= {"client": ("127.0.0.1", 1), "server": ("localhost", 80)}
    await app(scope, receive, send)
    return statuses[0], taken


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../config.toml", "/assets/..%2f..%2fconfig.toml", "/assets/%2e%2e/config.toml", "/../syncsvc.db",
        "/plans/..%2f..%2fetc%2fpasswd", "/workbook/download/../../config.toml", "/milestones/..%2f..%2fx/narrative",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(pages: Pages, path: str) -> None:
    page = pages.browser("anna").get(path)
    assert page.status_code == 404
    assert "token_env" not in page.text
    assert "root:" not in page.text


def test_what_comes_from_outside_is_text_and_nothing_else(make_pages: Callable[..., Pages]) -> None:
    evil = '<script>alert("name")</script><img src=x onerror=alert(1)>\u202e\x1b[31m'
    pages = make_pages()
    put_month(pages.site, 5, {}, {n: evil for n in range(12)})
    pages.site.jira.edit("DM-1", author="<b>Mallory</b>", summary="<script>alert('jira')</script>")
    anna = pages.browser("anna")
    for path in ("/?state=all", "/decide-all?state=all", "/milestones/M-1/narrative", "/plan"):
        anna.send(anna.get("/plan"), "/plan")
        page = anna.get(path)
        assert page.status_code == 200, path
        assert "alert(" in page.text or path == "/plan", path
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert "\x1b" not in page.text
        assert "\u202e" not in page.text
    page = anna.get("/", params={"text": '"><script>alert(2)</script>'})
    assert "<script>alert" not in page.text
    page = anna.get("/plans/<script>alert(3)")
    assert page.status_code == 404
    assert "<script>alert" not in page.text


class Clock:
    """Now, and so much later."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return system_now() + self.by


def test_somebody_who_was_revoked_may_be_let_in_again_with_a_new_token(pages: Pages) -> None:
    store, token = pages.desk.store, new_token()
    store.revoke_person("anna", actor="root")
    store.add_person("anna", Role.VIEWER, fingerprint(token), actor="root")
    assert pages.browser().sign_in(pages.tokens["anna"]).status_code == 403
    assert "anna , viewer" in words_of(pages.browser().sign_in(token))


def test_a_store_that_cannot_be_used_is_said_to_be_so_wherever_it_is_met(pages: Pages) -> None:
    browser = pages.browser("anna")
    leave = {"form_token": browser.form_token}
    with sqlite3.connect(pages.site.folder / "syncsvc.db") as store:
        store.execute("DROP TABLE visit")
    met = [browser.get("/"), browser.get("/sign-in"), browser.sign_in(pages.tokens["anna"])]
    met += [browser.post("/sign-out", data=leave), browser.post("/decide", data=leave)]
    for page in met:
        assert page.status_code == 502, page.url
        assert "visit" in words_of(page)
        assert "Traceback" not in page.text
