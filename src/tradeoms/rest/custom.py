"""Custom fields: defined, shown, and their values on orders changed."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.domain.custom.state import FieldKind
from tradeoms.kernel.enums import Role
from tradeoms.projections.queries_custom import CustomFieldsResource, find_custom_fields
from tradeoms.projections.resources_schema import OrderResource
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.endpoint import Call, endpoint, show, show_outcome
from tradeoms.rest.fields import Body, Code, Reason, Text
from tradeoms.rest.orders import order_subject
from tradeoms.rest.reference import DryRunQuery, Loaded, load_all
from tradeoms.rest.routes import Routes

routes: Final = Routes("custom fields")
_Roles = Annotated[list[Role], Field(max_length=20)]


class CustomFieldBody(Body):
    """A field that orders may carry."""

    name: Code
    """A small letter, then small letters, digits or `_`."""
    kind: FieldKind
    title: Text = ""
    choices: Annotated[list[Reason], Field(max_length=200)] = Field(default_factory=list)
    required_for: _Roles = Field(default_factory=list)
    """A person with one of these roles must give it when he enters an order."""
    edited_by: _Roles = Field(default_factory=list)
    """Who may give or change it; whoever may enter the order, if empty."""


class CustomFieldsBody(Body):
    """All fields, in the order in which they are shown."""

    fields: Annotated[list[CustomFieldBody], Field(max_length=50)]


class CustomValuesBody(Body):
    """Values by name; an empty one takes the value away, what is absent stays as it is."""

    custom: Annotated[dict[Code, Text], Field(min_length=1, max_length=50)]


@endpoint(routes, "GET", "/custom-fields", permission="read", answer=CustomFieldsResource)
async def get_custom_fields(call: Call) -> Response:
    """Show the firm's own fields of orders."""
    return show(await call.read(find_custom_fields))


@endpoint(
    routes, "POST", "/custom-fields", permission="LoadCustomFields", body=CustomFieldsBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_custom_fields(call: Call) -> Response:
    """Set the fields, in place of all there are; orders keep the values that they have."""
    asked: CustomFieldsBody = call.body
    fields = [one.model_dump() for one in asked.fields]
    return await load_all(call, "LoadCustomFields", {"fields": fields})


@endpoint(
    routes, "PATCH", "/orders/{order_id}/custom", permission="SetCustomValues",
    body=CustomValuesBody, answer=OrderResource,
)  # fmt: skip
async def set_custom_values(call: Call) -> Response:
    """Give an open order values of custom fields; its terms, checks and approvals stay."""
    subject = order_subject(call.request.path_params["order_id"])
    fields = {"order_id": subject.id, "values": list(call.body.custom.items())}
    outcome = await call.submit("SetCustomValues", encode_fields(fields), subject=subject)
    return show_outcome(outcome)
