"""Compares what the API sends with what its OpenAPI document declares."""

from typing import Any

HEADERS = {"location", "retry-after", "etag", "www-authenticate", "content-disposition"}
NOT_OF_A_ROUTE = {405, 500}
"""The wrong method, and failures that tests cause inside the process."""


def undeclared(
    document: dict[str, Any], scope: dict[str, Any], message: dict[str, Any]
) -> list[str]:
    """What the start of a response has that its operation does not declare."""
    path = getattr(scope.get("route"), "path_format", None)
    operation = document["paths"].get(path, {}).get(scope["method"].lower())
    status = message["status"]
    if operation is None or status in NOT_OF_A_ROUTE:
        return []
    name = operation["operationId"]
    declared = operation["responses"].get(str(status))
    if declared is None:
        return [f"{name}: {status}"]
    if reference := declared.get("$ref"):
        declared = document["components"]["responses"][reference.rpartition("/")[2]]
    known = {header.lower() for header in declared.get("headers", {})}
    sent = {header.decode().lower() for header, _ in message["headers"]} & HEADERS
    return [f"{name}: {status} {header}" for header in sorted(sent - known)]
