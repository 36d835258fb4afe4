"""What can go wrong, as RFC 9457 problems: one table from code to status, one form of body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from starlette.responses import Response

from tradeoms.app.wire import Outcome
from tradeoms.app.wire import Problem as WireProblem

OutcomeWord = Literal["rejected", "unknown", "accepted"]
MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:tradeoms:problem:"

#: Codes whose status is not 422. Every other refusal of a well-formed request is 422.
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    # not there, or not for this person to see
    "order_unknown": 404,
    "placement_unknown": 404,
    "block_unknown": 404,
    "execution_unknown": 404,
    "breach_unknown": 404,
    "hit_unknown": 404,
    "run_unknown": 404,
    "waiver_unknown": 404,
    "rule_unknown": 404,
    "cell_unknown": 404,
    "break_unknown": 404,
    "check_unknown": 404,
    "key_unknown": 404,
    "sign_in_unknown": 404,
    "session_unknown": 404,
    "session_action_unknown": 404,
    "kill_switch_unknown": 404,
    "model_unknown": 404,
    "proposal_unknown": 404,
    "mapping_unknown": 404,
    "resource_unknown": 404,
    "order_list_unknown": 404,
    "layout_unknown": 404,
    "booking_unknown": 404,
    "cross_unknown": 404,
    "instruction_unknown": 404,
    "confirmation_unknown": 404,
    "pair_unknown": 404,
    # another person must do it
    "not_permitted": 403,
    "same_person": 403,
    "approver_is_requester": 403,
    "approver_is_author": 403,
    "approver_twice": 403,
    "approver_role": 403,
    "closer_is_resolver": 403,
    "overrider_is_assignee": 403,
    "model_own_approval": 403,
    "layout_not_own": 403,
    "cross_own_approval": 403,
    "csrf_failed": 403,
    # used up
    "client_order_id_used": 409,
    "probable_duplicate": 409,
    "kill_switch_active": 409,
    "kill_switch_released": 409,
    "session_action_settled": 409,
    "already_instructed": 409,
    "instruction_over": 409,
    "confirmations_complete": 409,
    "instruction_in_doubt": 409,
    "confirmation_decided": 409,
    "approval_too_late": 409,
    "break_action_pending": 409,
    "nothing_proposed": 409,
    "dont_know_asked": 409,
    "key_used": 409,
    "waiver_pending": 409,
    "model_not_draft": 409,
    "proposal_settled": 409,
    "proposal_stale": 409,
    "cross_settled": 409,
    "pair_over": 409,
    "cross_price_stale": 409,
    "rule_version_exists": 409,
    "retirement_not_requested": 409,
    "booked_already": 409,
    "reallocation_pending": 409,
    "no_reallocation": 409,
    # the caller saw an older version
    "version_stale": 412,
    "if_match_missing": 428,
    "if_match_invalid": 400,
    # the request itself
    "json_invalid": 400,
    "duplicate_key": 400,
    "too_deep": 400,
    "encoding_invalid": 400,
    "idempotency_key_missing": 400,
    "idempotency_key_invalid": 400,
    "last_event_id_invalid": 400,
    "unauthenticated": 401,
    "credentials_wrong": 401,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "media_type_unsupported": 415,
    "too_many_attempts": 429,
    "rate_limited": 429,
    # ours
    "internal_error": 500,
    "not_available": 501,
    "busy": 503,
    "engine_unavailable": 503,
    "database_unavailable": 503,
    "past_not_ready": 503,
    "past_unavailable": 503,
    "not_leader": 503,
}
#: Statuses after which the same request may succeed without being changed.
_RETRYABLE: Final = frozenset({429, 503})


class ErrorItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason. `pointer` points into the body (RFC 6901), or names a header or parameter."""

    pointer: str
    code: str
    detail: str
    value: str = ""


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not a success."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[ErrorItem, ...]
    instance: str
    outcome: OutcomeWord
    retryable: bool


@dataclass(slots=True)
class ProblemError(Exception):
    """Ends a request with a problem. The first error names it.

    Attributes:
        told_as: Status where the code alone does not decide it; 0 where it does.
    """

    errors: Sequence[ErrorItem]
    outcome: OutcomeWord = "rejected"
    headers: Mapping[str, str] = field(default_factory=dict)
    told_as: int = 0

    @property
    def code(self) -> str:
        """The code of the first error."""
        return self.errors[0].code

    @property
    def status(self) -> int:
        """The status of the first error."""
        return self.told_as or STATUS_OF_CODE.get(self.code, 422)


def problem(
    code: str,
    detail: str,
    *,
    pointer: str = "",
    value: str = "",
    outcome: OutcomeWord = "rejected",
    headers: Mapping[str, str] | None = None,
) -> ProblemError:
    """A problem of one reason, to be raised."""
    item = ErrorItem(pointer=pointer, code=code, detail=detail, value=value)
    return ProblemError([item], outcome=outcome, headers=headers or {})


def unknown_resource(kind: str, name: str) -> ProblemError:
    """The same words whether a thing does not exist or is not for this person to see."""
    found = problem(f"{kind}_unknown", f"no such {kind}", pointer=f"/{kind}", value=name)
    found.told_as = 404
    return found


def refusal(outcome: Outcome) -> ProblemError:
    """The problem that the engine's refusal is."""
    if outcome.status == "busy":
        return problem("busy", "the engine has too much to do", headers={"Retry-After": "1"})
    items = [_item(found) for found in outcome.problems]
    if not items:
        items = [ErrorItem(pointer="", code="refused", detail="the engine refused")]
    return ProblemError(items)


def unavailable(*, sent: bool) -> ProblemError:
    """The engine could not be asked, or did not answer in time."""
    detail = (
        "no answer from the engine; the request may have been carried out, "
        "repeat it with the same Idempotency-Key"
        if sent
        else "the engine is not reachable; nothing was done"
    )
    return problem(
        "engine_unavailable",
        detail,
        outcome="unknown" if sent else "rejected",
        headers={"Retry-After": "1"},
    )


def problem_response(error: ProblemError, request_id: str) -> Response:
    """The answer that tells ``error``."""
    status = error.status
    body = ProblemBody(
        type=_TYPE + error.code,
        title=HTTPStatus(status).phrase,
        status=status,
        detail="; ".join(dict.fromkeys(item.detail for item in error.errors))[:1000],
        code=error.code,
        errors=tuple(error.errors),
        instance=request_id,
        outcome=error.outcome,
        retryable=status in _RETRYABLE,
    )
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(error.headers),
    )


def _item(found: WireProblem) -> ErrorItem:
    pointer = found.field
    if pointer and pointer[0].islower():
        pointer = "/" + pointer
    return ErrorItem(pointer=pointer, code=found.code, detail=found.detail, value=found.value)
