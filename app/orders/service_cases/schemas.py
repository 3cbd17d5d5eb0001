"""API shapes of service cases."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.orders.service_cases.models import ServiceCase
from app.orders.service_cases.states import case_state


class ServiceCaseOut(BaseModel):
    """A case of Back Market's after-sales service, as last fetched."""

    id: UUID
    marketplace_id: int = Field(description="Back Market's number of the case")
    order_id: UUID | None = Field(description="null: the order was not fetched")
    order_marketplace_id: int | None
    line: int | None = Field(description="the order line that it is about")
    country: str | None
    state: Literal["open", "closed", "unknown"]
    state_code: int | None = Field(description="Back Market's number of the state")
    reasons: list[str] = Field(
        description="what the buyer reports, as Back Market has it"
    )
    resolution: str | None = Field(
        description="such as `REPAIR`, `REPLACE` or `REFUND`"
    )
    opened_at: datetime | None
    modified_at: datetime | None
    last_message_at: datetime | None
    closed_at: datetime | None
    version: int


def case_out(case: ServiceCase) -> ServiceCaseOut:
    names = ServiceCaseOut.model_fields.keys() & ServiceCase.model_fields.keys()
    return ServiceCaseOut.model_validate(
        {
            **case.model_dump(include=names),
            "state": case_state(case.state),
            "state_code": case.state,
            "order_marketplace_id": case.order_number,
            "line": case.line_number,
        }
    )
