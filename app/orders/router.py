"""`/v1/orders` and `/v1/stores/{id}/orders/sync`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response, status

from app.access.doorway import Reader
from app.database import Tx, Transaction
from app.errors import problem_responses
from app.orders import actions, queries, requests
from app.orders.asked import OrderFilters, Position, position_after
from app.orders.doorway import OrderToChange, OrderToRead, etag
from app.orders.models import SalesOrder
from app.orders.schemas import (
    AcceptIn,
    ActionIn,
    CancelIn,
    RefundIn,
    ShipIn,
    fields_of,
)
from app.orders.shown import (
    ActionOut,
    OrderOut,
    OrderSummary,
    SyncOut,
    action_out,
    order_out,
    summary_out,
    sync_out,
)
from app.orders.words import ENDS, Action, ActionState
from app.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.stores.doorway import StoreToRead, StoreToSync

router = APIRouter(prefix="/v1", tags=["orders"])
