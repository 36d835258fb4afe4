"""Makes a route of a handler: who may, what may come in, what is told of it in the OpenAPI.

Each route names its permission; one without does not start. The path of a request is short on
purpose: authenticate, read the body, ask the engine, answer with the engine's own bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from pydantic import BaseModel, TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tradeoms.app.client import EngineUnavailable
from tradeoms.app.wire import Outcome
from tradeoms.projections.paging import PAGE_DEFAULT, Page
from tradeoms.projections.resources_text import encode
from tradeoms.rest.auth import NOBODY, Principal
from tradeoms.rest.errors import ProblemError, problem, refusal, unavailable, unknown_resource
from tradeoms.rest.fields import Body, Cursor, Instant, Limit, Query
from tradeoms.rest.openapi import PageOf, operation
from tradeoms.rest.parsing import parse, parse_query
from tradeoms.rest.permissions import PUBLIC, roles_of
from tradeoms.rest.routes import Entry, Routes
from tradeoms.rest.worker import Services, services_of

_JSON: Final = "application/json"
_HEAD: Final = re.compile(rb'\{"id":"([^"\\]{1,100})","version":([0-9]{1,18})[,}]')
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG: Final = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')
_PARALLEL_PARSE: Final = 64 * 1024

_log: Final = structlog.get_logger("tradeoms.rest.access")

KeyRule = Literal["required", "optional"]


class NoQuery(Query):
    """No parameters."""


class PageQuery(Query):
    """Every list can be paged."""

    limit: Limit = PAGE_DEFAULT
    """How many at most."""
    after: Cursor | None = None
    """The `next` of the page before."""


class ListQuery(PageQuery):
    """Every list of what is on record can be had as a file, and as it was."""

    format: Literal["json", "csv"] | None = None
    """`csv` is the whole list from `after` on, whatever `limit` says; as `Accept: text/csv`."""
    as_of: Instant | None = None
    """The list as it was then: what had been recorded no later than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a command is about: a kind of thing, and how to find it as the caller may see it."""

    kind: str
    id: str
    find: Callable[..., Any]  # Any: the resource, `None` where the caller may not see it

    def missing(self) -> ProblemError:
        """The same words whether it does not exist or is not for the caller to see."""
        return unknown_resource(self.kind, self.id)


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read and authorised."""

    request: Request
    services: Services
    principal: Principal
    raw: bytes
    body: Any  # Any: the model that the route names
    query: Any  # Any: the same
    item: Any  # Any: type of what the route lists; `None` where it lists nothing
    key_rule: KeyRule

    async def read(self, query: Callable[..., Any], *args: object) -> Any:  # Any: as the query
        """Run a query in a thread."""
        return await self.services.read(query, *args)

    async def find(self, subject: Subject) -> Any:  # Any: as `Subject.find`
        """The resource.

        Raises:
            ProblemError: 404.
        """
        found = await self.services.read(subject.find, subject.id, self.principal.scope)
        if found is None:
            raise subject.missing()
        return found

    async def submit(
        self, kind: str, body: bytes, *, subject: Subject | None = None, dry_run: bool = False
    ) -> Outcome:
        """Ask the engine to carry out a command.

        Raises:
            ProblemError: If it refused, or could not be asked.
        """
        key = self._idempotency_key()
        try:
            outcome = await self.services.engine.submit(
                kind,
                body,
                user=self.principal.user.id,
                channel=self.principal.channel,
                key=key,
                sha256=self._fingerprint() if key else "",
                dry_run=dry_run,
            )
        except EngineUnavailable as error:
            raise unavailable(sent=error.sent) from None
        if outcome.status != "accepted":
            raise await self._refused(outcome, subject)
        return outcome

    async def show_changed(
        self, outcome: Outcome, subject: Subject, *, status: int = 200, location: str = ""
    ) -> Response:
        """The answer that shows ``subject`` as it is after the commit."""
        found = await self.services.read(subject.find, subject.id, self.principal.scope)
        body = bytes(outcome.answer) if found is None else encode(found)
        return _with_replay(_with_etag(body, status, location), outcome)

    async def _refused(self, outcome: Outcome, subject: Subject | None) -> ProblemError:
        error = refusal(outcome)
        if subject is None or error.status not in (403, 404):
            return error
        if error.code == "not_permitted":
            seen = await self.services.read(subject.find, subject.id, self.principal.scope)
            return subject.missing() if seen is None else error
        return subject.missing() if error.status == 404 else error

    def _idempotency_key(self) -> str:
        key = self.request.headers.get("idempotency-key", "")
        if key and _KEY.fullmatch(key) is None:
            raise problem(
                "idempotency_key_invalid",
                "1 to 200 printable ASCII characters",
                pointer="Idempotency-Key",
            )
        if not key and self.key_rule == "required":
            raise problem(
                "idempotency_key_missing",
                "send a key of your own, so that a repetition cannot act twice",
                pointer="Idempotency-Key",
            )
        return key

    def _fingerprint(self) -> str:
        scope = self.request.scope
        target = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
        return hashlib.sha256(target + b"\n" + self.raw).hexdigest()

    def expected_version(self) -> int:
        """The version in If-Match.

        Raises:
            ProblemError: 428 where there is none, 400 where it is none of ours.
        """
        header = self.request.headers.get("if-match")
        if header is None:
            raise problem("if_match_missing", "send the version you have seen", pointer="If-Match")
        match = _ETAG.fullmatch(header.strip())
        if match is None:
            raise problem(
                "if_match_invalid", 'one version, as in "3"', pointer="If-Match", value=header[:40]
            )
        return int(match[1])


Handler = Callable[[Call], Awaitable[Response]]


def endpoint(  # noqa: PLR0913  # what a route declares
    routes: Routes,
    method: str,
    path: str,
    *,
    permission: str,
    answer: object,
    body: type[Body] | None = None,
    query: type[Query] = NoQuery,
    status: int = 200,
    key: KeyRule | None = None,
    media_type: str = _JSON,
    read: Callable[[bytes], BaseModel] | None = None,
) -> Callable[[Handler], Handler]:
    """Register the decorated handler; its docstring is the route's description.

    Args:
        routes: Where.
        method: HTTP method.
        path: Below the prefix of the interface.
        permission: See `rest.permissions`.
        answer: Type of the answer's body, for the OpenAPI; `None` for none.
        body: Model of the request's body; `None` for none.
        query: Model of its parameters.
        status: Status of success.
        key: Whether a POST must carry an Idempotency-Key; `None` where none is of use.
        media_type: Of the answer.
        read: Reads the body where ``body`` alone does not say how.
    """
    roles = roles_of(permission)
    item = answer.item if isinstance(answer, PageOf) else None
    read_body = read or (None if body is None else _reader(body))
    empty_body = b"{}" if body is None or not _required(body) else b""
    read_query = TypeAdapter[BaseModel](query)
    nothing_asked: BaseModel | None = None if _required(query) else query()

    def register(handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            services = services_of(request.app.state)
            principal = NOBODY
            if permission != PUBLIC:
                principal = await services.auth.principal(request)
                if not roles & principal.roles:
                    raise _forbidden(request, principal, permission)
                services.rates.count(principal.name, permission)
            raw = b""
            parsed = None
            if read_body is not None:
                raw = await _body_of(request)
                parsed = await _parsed(services, read_body, raw or empty_body, request)
            asked = nothing_asked
            if asked is None or request.scope["query_string"]:
                asked = parse_query(read_query, request)
            return await handler(
                Call(
                    request=request,
                    services=services,
                    principal=principal,
                    raw=raw,
                    body=parsed,
                    query=asked,
                    item=item,
                    key_rule=key or "optional",
                )
            )

        extra = operation(
            permission=permission, roles=roles, body=body, query=query, answer=answer,
            status=status, key=key, media_type=media_type, path=path,
        )  # fmt: skip
        about = {**_words(handler), "status_code": status, "openapi_extra": extra}
        routes.entries.append(Entry(method=method, path=path, run=run, about=about))
        return handler

    return register


def _words(handler: Handler) -> dict[str, Any]:  # Any: arguments of FastAPI
    """What a handler's name and docstring say of its route."""
    first, *others = (handler.__doc__ or "").strip().splitlines()
    return {
        "name": handler.__name__,
        "operation_id": handler.__name__,
        "summary": first.rstrip("."),
        "description": "\n".join(line.strip() for line in others).strip() or None,
    }


async def _body_of(request: Request) -> bytes:
    """The whole body; mostly it came in one piece, and then costs nothing."""
    parts = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _parsed(
    services: Services, read: Callable[[bytes], BaseModel], raw: bytes, request: Request
) -> BaseModel:
    if raw != b"{}":
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != _JSON:
            raise problem(
                "media_type_unsupported", f"send {_JSON}", pointer="Content-Type", value=kind[:80]
            )
    if len(raw) > _PARALLEL_PARSE:
        return await services.in_thread(lambda: read(raw))
    return read(raw)


def _reader(body: type[Body]) -> Callable[[bytes], BaseModel]:
    adapter = TypeAdapter[BaseModel](body)
    return lambda raw: parse(adapter, raw)


def _required(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _forbidden(request: Request, principal: Principal, permission: str) -> ProblemError:
    _log.warning(
        "request_forbidden",
        user=principal.user.id,
        channel=principal.channel,
        permission=permission,
        path=request.url.path,
    )
    return problem("not_permitted", f"none of your roles may do this ({permission})")


def show(resource: object, *, status: int = 200) -> Response:
    """The answer that shows a resource, with its ETag where it has a version."""
    return _with_etag(encode(resource), status)


def show_page(page: Page[Any]) -> Response:  # Any: whatever is listed
    """The answer that shows a part of a list."""
    body = {"data": page.data, "next": page.next, "has_more": page.has_more}
    return Response(encode(body), media_type=_JSON)


def show_outcome(outcome: Outcome, *, status: int = 200, location: str = "") -> Response:
    """The engine's answer; ``location`` is the path that the new thing's id goes behind."""
    return _with_replay(_with_etag(bytes(outcome.answer), status, location), outcome)


def _with_replay(response: Response, outcome: Outcome) -> Response:
    if outcome.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _with_etag(body: bytes, status: int, location: str = "") -> Response:
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", _JSON.encode())]
    found = _HEAD.match(body)
    if found is not None:
        headers.append((b"etag", b'"%b"' % found[2]))
        if location:
            headers.append((b"location", b"%b/%b" % (location.encode(), found[1])))
    return _Answer(body, status, headers)


class _Answer(Response):
    """A response of bytes whose headers are as they go out: nothing to encode or look up."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body = body
        self.status_code = status
        self.raw_headers = headers
        self.background = None
