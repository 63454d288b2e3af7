"""`syncsvc user`: a token is shown once, and nobody is let in twice."""

import json
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.web import Desk, make_app
from tests.site import Site
from tests.web.browser import Browser


def test_users_are_added_listed_and_revoked(tmp_path: Path) -> None:
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira)
        assert "Nobody may use the review pages yet" in site.run("user", "list", check=0).stderr
        added = site.run("user", "add", "anna@example.org", "--role", "controller", check=0)
        token = added.stdout.strip()
        assert token.startswith("syncsvc_")
        assert len(token) > 40
        assert "not shown again" in added.stderr
        assert site.run("user", "add", "proxied", "--role", "viewer", "--no-token", check=0).stdout == ""
        twice = site.run("user", "add", "anna@example.org", "--role", "admin", check=2)
        assert "is there already, as controller" in twice.stderr
        shape = json.loads(site.run("user", "list", "--format", "json", check=0).stdout)
        assert shape["schema"] == "syncsvc.users/1"
        assert [(user["name"], user["role"], user["signs_in_by"]) for user in shape["users"]] == [
            ("anna@example.org", "controller", "token"), ("proxied", "viewer", "proxy"),
        ]  # fmt: skip
        listed = site.run("user", "list", check=0).stdout
        assert token not in listed
        desk = Desk(site.wiring, site.now)
        browser = Browser(make_app(desk))
        assert browser.sign_in(token, "/workbook").url.path == "/workbook"
        site.run("user", "revoke", "anna@example.org", check=0)
        assert browser.get("/workbook").url.path == "/sign-in"
        desk.close()
        assert "revoked" in site.run("user", "list", check=0).stdout
        assert (
            "nobody who may use the pages is called" in site.run("user", "revoke", "anna@example.org", check=2).stderr
        )
        events = json.loads(site.run("log", "--format", "json", check=0).stdout)["events"]
        assert [event["event"] for event in events] == ["user_added", "user_added", "signed_in", "user_revoked"]


@pytest.mark.parametrize("name", ["", "a b", "-x", "<b>", "x" * 81, "ann\u00e4", "a\nb"])
def test_a_name_that_could_steer_something_is_refused(tmp_path: Path, name: str) -> None:
    with JiraSimulator("cloud") as jira:
        refused = Site(tmp_path, jira).run("user", "add", "--role", "viewer", "--", name, check=2)
    assert "cannot be a name here" in refused.stderr
