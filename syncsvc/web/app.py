"""The application: who asks is found out, the page is looked up, what it says is rendered, and no error is a traceback.

Pages are plain functions and run in threads, so that a slow one keeps nobody else waiting.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from syncsvc.errors import (
    AccessRefused,
    ConfigError,
    LeaseHeld,
    LimitsExceeded,
    PlanRefused,
    SchemaBehind,
    SourceError,
    SyncsvcError,
    UsageError,
)
from syncsvc.log import printable
from syncsvc.persons import Role
from syncsvc.report.health_text import health_shape, prometheus_text
from syncsvc.web.access import Access, Caller, TooMany
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Handed, Page, Shown
from syncsvc.web.desk import Desk
from syncsvc.web.guard import MOST_BYTES, MOST_UPLOAD_BYTES, Guard, TooLarge
from syncsvc.web.pages import DEEDS, PAGES
from syncsvc.web.view import Asset, View, pack_told, unpack_told
from syncsvc.web.work import Piece

#: Forms of a page with many rows: so many fields at most.
_MOST_FIELDS: Final = 5_000
_TOLD_COOKIE: Final = "syncsvc_told"
_STATUS: Final[tuple[tuple[type[SyncsvcError], int], ...]] = (
    (TooMany, 429),
    (AccessRefused, 403),
    (UsageError, 422),
    (PlanRefused, 409),
    (LimitsExceeded, 409),
    (LeaseHeld, 503),
    (ConfigError, 503),
    (SchemaBehind, 503),
    (SourceError, 502),
)

#: For who comes in the moment in which what a run changed is still being looked up.
_BEHIND: Final = "A run is at work or has just ended: this page shows what stood before it. Load it again in a moment."

_log = logging.getLogger("syncsvc.web")


def make_app(desk: Desk) -> Starlette:
    """The pages over one desk. ConfigError where the configuration is wrong."""
    return _Site(desk).make()


class _Site:
    def __init__(self, desk: Desk) -> None:
        settings = desk.configured().settings
        self.desk = desk
        self.access = Access(desk, settings.web)
        self.view = View(settings.site.name or "syncsvc", PAGES)

    def make(self) -> Starlette:
        uploads = {deed.path for deed in DEEDS if deed.takes_file}
        routes = [
            Route("/sign-in", self._show_sign_in, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/healthz", self._health, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            *(self._asset_route(asset) for asset in self.view.assets),
            *(Route(page.path, self._page(page), methods=["GET"]) for page in PAGES),
            *(Route(deed.path, self._deed(deed), methods=["POST"]) for deed in DEEDS),
        ]
        guard = Middleware(
            Guard,
            is_own_host=self.access.is_own_host,
            most_bytes=lambda path: MOST_UPLOAD_BYTES if path in uploads else MOST_BYTES,
            refuse=self._trouble,
        )
        return Starlette(routes=routes, middleware=[guard], exception_handlers={HTTPException: self._not_there})

    def _page(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._guarded, request, page)

        return endpoint

    def _deed(self, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if self.access.is_cross_site(request):
                return self._trouble(403, "Another site's page sent this form.", "Nothing was done.")
            try:
                caller = await run_in_threadpool(self.access.find_caller, request)
            except SyncsvcError as error:
                return self._said(error)
            if caller is None:
                hint = "Sign in, go back to the page with the form, and send it again."
                return self._trouble(403, "You are not signed in any more; nothing was done.", hint, link="/sign-in")
            if not caller.person.role.includes(deed.role):
                return self._too_low(caller, deed.role)
            sent = await self._read_form(request, files=1 if deed.takes_file else 0, caller=caller)
            if isinstance(sent, Response):
                return sent
            fields, file = sent
            if not self.access.is_form_of(caller, fields.pop("form_token", "")):
                hint = "Nothing was done. Go back to the page, load it anew, and send its form again."
                return self._trouble(403, "This form was not given out to you on this visit.", hint, caller=caller)
            return await run_in_threadpool(self._guarded, request, deed, caller, fields, file)

        return endpoint

    def _guarded(
        self,
        request: Request,
        what: Page | Deed,
        caller: Caller | None = None,
        form: dict[str, str] | None = None,
        file: bytes | None = None,
    ) -> Response:
        """What a page or a deed answers; whatever goes wrong is told in words."""
        try:
            caller = caller or self.access.find_caller(request)
            if caller is None:
                there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(there, safe='')}", 303)
            if not caller.person.role.includes(what.role):
                return self._too_low(caller, what.role)
            ask = Ask(self.desk, caller.person, request.path_params, dict(request.query_params), form or {}, file)
            answer = what.show(ask) if isinstance(what, Page) else self._do(ask, what)
            return self._answer(request, caller, answer, ask)
        except UsageError as error:  # of a page: its path or its query names what is not there
            return self._said(error, caller, status=404 if isinstance(what, Page) else 422)
        except SyncsvcError as error:
            return self._said(error, caller)
        except Exception:
            _log.exception("a bug in syncsvc, at %s", printable(request.url.path))
            hint = "It is in the log of `syncsvc serve`. Nothing else was stopped by it."
            return self._trouble(500, "This is a bug in syncsvc.", hint, caller=caller)

    def _do(self, ask: Ask, deed: Deed) -> Answer:
        """What a deed answers; of one that outlasts the request where to look on, until its answer is picked up."""
        if not deed.is_long:
            return deed.do(ask)
        work, has_run = self.desk.work, not deed.meanwhile

        def make(piece: Piece) -> Answer:
            return deed.do(replace(ask, begun=piece.begin))

        piece = work.do(ask.who.name, deed.path, make, has_run=has_run, is_awaited=deed.is_awaited)
        if not piece.is_left:
            answer: Answer = piece.take()
            return answer
        if has_run and piece.run is None:
            return Elsewhere("/runs", ["It has not begun yet, since others are at work. Once it does, it stands here."])
        return Elsewhere(deed.meanwhile or f"/runs/{piece.run}")

    def _answer(self, request: Request, caller: Caller, answer: Answer, ask: Ask) -> Response:
        if isinstance(answer, Elsewhere):
            response: Response = RedirectResponse(answer.path, 303)
            if answer.told:
                told = pack_told(answer.told, self.access.sign)
                secure = self.access.is_secure(request)
                response.set_cookie(
                    _TOLD_COOKIE, told, max_age=60, httponly=True, samesite="strict", secure=secure, path="/"
                )
            return response
        if isinstance(answer, Handed):
            shown = "attachment" if answer.policy is None else "inline"
            headers = {"content-disposition": f"{shown}; filename*=UTF-8''{quote(answer.name, safe='')}"}
            if answer.policy is not None:
                headers["content-security-policy"] = answer.policy
            return Response(answer.content, media_type=answer.media_type, headers=headers)
        cookie = request.cookies.get(_TOLD_COOKIE, "")
        last = unpack_told(cookie, self.access.sign) if cookie else []
        response = self._shown(
            answer, caller, here=request.url.path, told=[*last, *([_BEHIND] if ask.is_behind else [])]
        )
        if cookie:
            response.delete_cookie(_TOLD_COOKIE, path="/")
        return response

    def _shown(
        self, shown: Shown, caller: Caller | None = None, *, here: str = "", told: list[str] | tuple[()] = ()
    ) -> Response:
        text = self.view.render(
            shown.template,
            shown.values,
            here=here,
            who=caller.person if caller else None,
            form_token=caller.form_token if caller else "",
            told=told,
            leaves=bool(caller and caller.visit),
        )
        return Response(text, shown.status, media_type="text/html")

    def _show_sign_in(self, request: Request) -> Response:
        try:
            if self.access.find_caller(request) is not None:
                return RedirectResponse(_local(request.query_params.get("next", "")), 303)
        except SyncsvcError as error:
            return self._said(error)
        return self._shown(Shown("sign_in", {"next": _local(request.query_params.get("next", "")), "why": ""}))

    async def _sign_in(self, request: Request) -> Response:
        if self.access.is_cross_site(request):
            return self._trouble(403, "Another site's page sent this form.", "Nothing was done.")
        sent = await self._read_form(request)
        if isinstance(sent, Response):
            return sent
        fields, _ = sent
        there = _local(fields.get("next", ""))
        try:
            cookie = await run_in_threadpool(self.access.sign_in, request, fields.get("token", ""))
        except SyncsvcError as error:
            return self._said(error)
        if cookie is None:
            _log.warning("somebody tried to sign in with a token that nobody has")
            why = "Nobody has this token, or it was revoked."
            return self._shown(Shown("sign_in", {"next": there, "why": why}, 403))
        response = RedirectResponse(there, 303)
        response.set_cookie(
            self.access.cookie_name(request),
            cookie,
            max_age=self.access.rules.session_hours * 3600,
            httponly=True,
            samesite="lax",
            secure=self.access.is_secure(request),
            path="/",
        )
        return response

    async def _sign_out(self, request: Request) -> Response:
        if self.access.is_cross_site(request):
            return self._trouble(403, "Another site's page sent this form.", "You are signed in as before.")
        try:
            caller = await run_in_threadpool(self.access.find_caller, request)
            sent = await self._read_form(request, caller=caller)
            if isinstance(sent, Response):
                return sent
            if caller is not None:
                if not self.access.is_form_of(caller, sent[0].get("form_token", "")):
                    return self._trouble(403, "This form was not given out to you on this visit.", "You are signed in.")
                if caller.visit:
                    await run_in_threadpool(self.desk.store.end_visit, caller.visit)
        except SyncsvcError as error:
            return self._said(error)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(self.access.cookie_name(request), path="/", secure=self.access.is_secure(request))
        return response

    async def _read_form(
        self, request: Request, *, files: int = 0, caller: Caller | None = None
    ) -> tuple[dict[str, str], bytes | None] | Response:
        """Texts by name, the last one of each counts, and the uploaded file; or the page that says what is wrong."""
        fields: dict[str, str] = {}
        file: bytes | None = None
        try:
            async with request.form(max_files=files, max_fields=_MOST_FIELDS) as form:
                for name, value in form.multi_items():
                    if isinstance(value, UploadFile):
                        file = await value.read()
                    else:
                        fields[name] = value
        except TooLarge as error:
            return self._trouble(413, str(error), error.hint, caller=caller)
        except HTTPException as error:
            words = "What was sent cannot be read as a form."
            return self._trouble(400, words, f"Nothing was done. ({error.detail})", caller=caller)
        return fields, file

    def _health(self, request: Request) -> Response:
        """For whoever watches, signed in or not: 503 where a person has to look after the nights.

        Which machine is at work is for those who are signed in.
        """
        health = self.desk.health()
        shape = health_shape(health)
        shape["lease"] = shape["lease"] and {"until": shape["lease"]["until"]}
        return JSONResponse(shape, 200 if health.well else 503)

    def _metrics(self, request: Request) -> Response:
        return Response(prometheus_text(self.desk.health()), media_type="text/plain; version=0.0.4")

    def _asset_route(self, asset: Asset) -> Route:
        async def endpoint(request: Request) -> Response:
            headers = {"cache-control": "public, max-age=31536000, immutable"}
            return Response(asset.content, media_type=asset.media_type, headers=headers)

        return Route(asset.path, endpoint, methods=["GET"])

    def _too_low(self, caller: Caller, role: Role) -> Response:
        words = f"You are signed in as {caller.person.name}, a {caller.person.role}; this needs a {role}."
        return self._trouble(403, words, "Nothing was done. Ask somebody who may, or for another role.", caller=caller)

    def _said(self, error: SyncsvcError, caller: Caller | None = None, status: int | None = None) -> Response:
        """An expected failure, in its own words; the status is that of its kind where none is given."""
        status = status or next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        problems = tuple(str(problem) for problem in error.problems)
        link = f"/runs/{error.run}" if isinstance(error, LeaseHeld) and error.run is not None else "/"
        response = self._trouble(status, error.message, error.hint, link=link, problems=problems, caller=caller)
        if isinstance(error, TooMany):
            response.headers["retry-after"] = str(error.seconds)
        return response

    def _trouble(
        self,
        status: int,
        words: str,
        hint: str,
        *,
        link: str = "/",
        problems: tuple[str, ...] = (),
        caller: Caller | None = None,
    ) -> Response:
        """A page that says what is wrong and what to do."""
        texts = {
            "problem_words": printable(words),
            "hint": printable(hint),
            "problems": [printable(p) for p in problems],
        }
        return self._shown(Shown("trouble", {**texts, "link": link, "status": status}, status), caller)

    async def _not_there(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            return self._trouble(405, "That address takes no such request.", "Go on from the first page.")
        return self._trouble(404, "There is no such page.", "Go on from the first page.")


def _local(path: str) -> str:
    """A path of these pages, or the first page: nobody is sent elsewhere after signing in."""
    parts = urlsplit(path.replace("\\", "/"))
    usable = path.startswith("/") and not path.startswith("//") and not parts.scheme and not parts.netloc
    return path if usable and path.isprintable() and "\\" not in path else "/"
