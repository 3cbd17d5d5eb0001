"""Labels have few values, whatever a caller or Back Market sends."""

import pytest

from app.metrics.recording import ABORTED, request_name, status_class
from app.parser_process.endings import reason_of
from app.parser_process.errors import ParserCrashedError, ParserLimitError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/ws/listings", "GET /ws/listings", id="no id"),
        pytest.param("/ws/orders/123", "GET /ws/orders/{id}", id="a number"),
        pytest.param("/ws/orders/123/invoice", "GET /ws/orders/{id}/invoice", id="in"),
        pytest.param(
            "/ws/listings/0193b3c1-7a0e-7000-8000-00000000000a",
            "GET /ws/listings/{id}",
            id="a UUID",
        ),
    ],
)
def test_the_name_of_a_request_has_no_id(path: str, name: str):
    assert request_name("GET", path) == name


@pytest.mark.parametrize(
    ("status", "label"), [(200, "2xx"), (204, "2xx"), (503, "5xx"), (0, ABORTED)]
)
def test_a_status_is_counted_by_its_class(status: int, label: str):
    assert status_class(status) == label


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (ParserLimitError("memory"), "memory"),
        (ParserCrashedError("the parser ended with SIGSEGV"), "crash"),
        (ParserCrashedError("the parser exited with status 3"), "crash"),
    ],
)
def test_the_end_of_a_parser_has_one_of_few_reasons(
    ending: ParserLimitError | ParserCrashedError, reason: str
):
    assert reason_of(ending) == reason
