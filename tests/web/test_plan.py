"""Plans on the page: approved, waived, applied, refused in words, and a run that is taken back."""

from collections.abc import Callable

import pytest

from tests.web.browser import words_of
from tests.web.conftest import AUGUST, DUE, JULY, Pages
from tests.web.test_today import number_of


def due(pages: Pages, key: str) -> str:
    return str(pages.site.jira.issue(key)["duedate"])


def test_only_what_was_approved_is_written_and_then_taken_back(make_pages: Callable[..., Pages]) -> None:
    pages = make_pages(mode="review")
    anna = pages.browser("anna")
    page = anna.get("/?state=all")
    answer = anna.send(page, "/decide", **{
        f"verdict.{number_of(page.text, 'M-1')}": "approve", f"verdict.{number_of(page.text, 'M-3')}": "approve",
    })  # fmt: skip
    assert "2 approved" in words_of(answer)
    plan = anna.get("/plan")
    assert "only the 2 rows that were approved one by one are written" in words_of(plan)
    applied = anna.send(plan, f"{plan.url.path}/apply")
    assert "2 written" in words_of(applied)
    assert (due(pages, "DM-1"), due(pages, "DM-3"), due(pages, "DM-4")) == (str(DUE), str(JULY), str(DUE))
    today, over = words_of(anna.get("/")), words_of(anna.get(plan.url.path))
    assert "3 wait for a decision 2 to be written" in today  # what was written is nobody's edit
    assert "would write" not in today
    assert "applied in part" in over
    assert "2 of its 4 changes were not tried , since nobody approved them" in over
    assert over.count("not tried") == 3
    assert "2 of its 4 changes written, 3 holds" in words_of(applied)
    run = max(run.id for run in pages.desk.store.runs(9) if run.trigger == "apply")
    token = {"form_token": anna.form_token}
    undo = anna.post(f"/runs/{run}/undo", data=token)
    assert f"Taking back run {run}: 2 dates can go back once this is applied." in words_of(undo)
    assert "to take writes back of run" in words_of(undo)
    assert "has to be approved first" in words_of(undo)
    early = anna.send(undo, f"{undo.url.path}/apply")
    assert early.status_code == 409
    assert "is not approved, and none of its rows is" in words_of(early)
    approved = anna.send(early, f"{undo.url.path}/approve")
    assert "Approved. It is written once somebody applies it." in words_of(approved)
    assert "2 written" in words_of(anna.send(approved, f"{undo.url.path}/apply"))
    assert (due(pages, "DM-1"), due(pages, "DM-3")) == (str(AUGUST), str(DUE))
    assert "5 wait for a decision 2 to be written" in words_of(anna.get("/"))  # what was taken back is held
    assert {actor for _, actor, _ in pages.events("intent")} == {"anna"}
    nothing = anna.post("/runs/1/undo", data=token)
    assert nothing.status_code == 422
    assert "wrote nothing" in words_of(nothing)


def test_a_limit_is_waived_with_a_reason_or_not_at_all(make_pages: Callable[..., Pages]) -> None:
    pages = make_pages()
    config = pages.site.config
    config.write_text(config.read_text().replace("max_change_percent = 100", "max_changes = 1"))
    anna = pages.browser("anna")
    plan = anna.send(anna.get("/plan"), "/plan")
    where = plan.url.path
    assert "Safety limits it breaks" in words_of(plan)
    stopped = anna.send(plan, f"{where}/apply")
    assert stopped.status_code == 409
    assert "limits.max_changes" in words_of(stopped)
    silent = anna.send(stopped, f"{where}/approve", **{"waive.max_changes": "1"})
    assert silent.status_code == 409
    assert "Say why max_changes is waived." in words_of(silent)
    waived = anna.send(silent, f"{where}/approve", **{"waive.max_changes": "1", "reason.max_changes": "Rebaselined"})
    assert "by anna : Rebaselined" in words_of(waived)
    assert "3 written" in words_of(anna.send(waived, f"{where}/apply"))
    assert "applied" in words_of(anna.get(where))
    again = anna.post(f"{where}/apply", data={"form_token": anna.form_token})
    assert again.status_code == 409
    assert "applied already" in words_of(again)


def test_a_viewer_sees_a_plan_and_cannot_touch_it(pages: Pages) -> None:
    vera = pages.browser("vera")
    plan = vera.get("/plan")
    assert "3 changes, 4 holds" in words_of(plan)
    assert "Apply now" not in plan.text
    token = {"form_token": vera.form_token}
    for path in ("/plan", f"{plan.url.path}/approve", f"{plan.url.path}/apply", "/runs/2/undo"):
        assert vera.post(path, data=token).status_code == 403
    assert due(pages, "DM-3") == str(DUE)


def test_a_run_that_is_at_work_is_waited_for_and_then_said(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncsvc.web.desk.PATIENCE_SECONDS", 0.3)
    anna = pages.browser("anna")
    plan = anna.get("/plan")
    page = anna.get("/")
    lease = pages.desk.store.take_lease("the night")
    refused = anna.send(plan, f"{plan.url.path}/apply")
    assert refused.status_code == 409
    assert "Another run holds the lease: the night" in words_of(refused)
    busy = anna.send(page, "/decide", **{"verdict.1": "approve"})
    assert busy.status_code == 503
    assert "the night" in words_of(busy)
    assert anna.get("/").status_code == 200  # whoever reads is not kept waiting
    pages.desk.store.release_lease(lease)
    assert "1 approved" in words_of(anna.send(page, "/decide", **{"verdict.1": "approve"}))


def test_a_configuration_that_broke_is_said_and_mended_while_it_serves(pages: Pages) -> None:
    anna = pages.browser("anna")
    good = pages.site.config.read_text()
    pages.site.config.write_text(good + "\n[nonsense]\n")
    broken = anna.get("/")
    assert broken.status_code == 503
    assert "nonsense" in words_of(broken)
    pages.site.config.write_text(good)
    assert anna.get("/").status_code == 200
    links = pages.site.folder / "links.toml"
    links.write_text(links.read_text() + '[milestones."M-9"]\njira = "DM-1"\n')
    assert "M-1" in anna.get("/").text
