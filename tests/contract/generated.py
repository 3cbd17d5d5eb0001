"""Requests that Schemathesis generates from openapi.json, and its checks of answers.

Only tests of this package import it: the import takes 0.3 s of CPU.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

DOCUMENT = Path(__file__).parents[2] / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    ignored_auth,
    unsupported_method,
    allow_header_conformance,
]
EXCLUDED_CHECKS = {
    "positive_data_acceptance": "rules between values are no part of a schema: the "
    "check digit of a GTIN, columns of a mapping, next states of an order",
    "use_after_free": "deletion of a store is a departure that takes time",
    "ensure_resource_availability": "the same for what is created by a job",
    "object_level_authorization": "tests/access has keys of other stores at every path",
    "max_response_time": "speed is measured by make bench-api",
}
EXCLUDED_OPERATIONS = {
    "DELETE /v1/stores/{store_id}": "it deletes what other operations need",
    "PUT /v1/seller-accounts/{account_id}/token": "the same",
    "DELETE /v1/webhook-endpoints/{endpoint_id}": "the same",
    "GET /v1/catalogs/{catalog_id}/events": "a stream that does not end",
    "GET /v1/publications/{publication_id}/events": "a stream that does not end",
}
INVALID_PARTS_ANSWERED = {
    "POST /v1/order-actions": "an invalid item has a result, as the others have",
}
"""Operations that answer an invalid part of the body within a 200."""
REFUSED = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422]
"""412 too: If-Match is compared before the body is read."""
TOO_LONG = 431
"""Of the HTTP server, before any operation: no operation declares it."""


UNAVAILABLE, SENT_AGAIN = 503, 5
"""PostgreSQL of a busy machine may be silent for two seconds: 503, Retry-After."""


def operations() -> Iterator[Any]:
    """All operations but the excluded ones."""
    configuration = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            # The key is given to each request, and taken away by a check.
            "generation": {"with-security-parameters": False},
            "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        }
    )
    schema = schemathesis.openapi.from_path(DOCUMENT, config=configuration)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.label not in EXCLUDED_OPERATIONS:
            yield operation


def differences(
    operation: Any, url: str, key: str, ids: Mapping[str, str], examples: int
) -> list[str]:
    """What the answers have that openapi.json does not allow.

    `examples` valid and as many invalid requests, always the same ones. `ids`: values
    of path parameters.
    """
    found: list[str] = []
    lenient = operation.label in INVALID_PARTS_ANSWERED
    checks = [c for c in CHECKS if not (lenient and c is negative_data_rejection)]

    def send(case: Any) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        for _ in range(SENT_AGAIN):
            response = case.call(base_url=url, headers=headers, timeout=300)
            if response.status_code != UNAVAILABLE:
                break
        if response.status_code == TOO_LONG:
            return
        try:
            case.validate_response(response, checks=checks, headers=headers)
        except BaseExceptionGroup as failures:
            found.extend(f"{operation.label}: {f}" for f in failures.exceptions)

    for mode in schemathesis.GenerationMode:
        fixed = _fixed(operation, ids, mode)
        _run(send, operation.as_strategy(mode, path_parameters=fixed), examples)
    return found


def _fixed(
    operation: Any, ids: Mapping[str, str], mode: schemathesis.GenerationMode
) -> dict[str, str]:
    """Values of path parameters, unless these are all that can be invalid."""
    is_negative = mode is schemathesis.GenerationMode.NEGATIVE
    if is_negative and not (operation.query or operation.body):
        return {}
    names = {parameter.name for parameter in operation.path_parameters}
    return {name: ids[name] for name in names & ids.keys()}


def _run(send: Any, strategy: Any, examples: int) -> None:
    @seed(1)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Any) -> None:
        send(case)

    try:
        run()
    except Unsatisfiable:
        return  # no parameter of the operation can be invalid
