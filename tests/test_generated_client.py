"""A Python client generated from openapi.json has every operation and works."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.dying import run_program
from tests.support.stack import ADMIN_KEY, ROOT

PACKAGE = "refeed_client"
CONFIG = {"post_hooks": []}
NO_NETWORK = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
CATALOG = (
    b"sku,ean,price,quantity,grade,category\nA-1,0194252029206,299.00,5,GOOD,Phones\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the generated package is in."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    command = [sys.executable, "-m", "openapi_python_client", "generate"]
    command += ["--path", ROOT / "openapi.json", "--config", config]
    command += ["--meta", "none", "--output-path", folder / PACKAGE]
    done = run_program(
        command,
        cwd=folder,
        env=os.environ | NO_NETWORK,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "will not be generated" not in done.stdout
    assert "Unable to process" not in done.stdout
    return folder


@pytest.fixture
def call(folder: Path, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls an operation of the generated client against the API."""
    monkeypatch.syspath_prepend(str(folder))
    package = importlib.import_module(PACKAGE)
    client = package.AuthenticatedClient(base_url="http://refeed", token=ADMIN_KEY)
    client.set_async_httpx_client(api)

    async def call(name: str, *path: object, **more: object) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{name}")
        return await module.asyncio(*path, client=client, **more)

    return call


def test_the_client_has_every_operation(folder: Path):
    document = json.loads((ROOT / "openapi.json").read_text())
    declared = {
        (operation["tags"][0].replace(" ", "_"), operation["operationId"])
        for operations in document["paths"].values()
        for operation in operations.values()
    }

    modules = (folder / PACKAGE / "api").glob("*/*.py")
    generated = {(m.parent.name, m.stem) for m in modules if m.stem != "__init__"}
    assert generated == declared


def test_the_client_passes_a_strict_type_check(folder: Path):
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", PACKAGE]
    command += ["--cache-dir", ROOT / ".mypy_cache" / "generated_client"]
    done = run_program(command, cwd=folder, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


async def test_the_client_creates_lists_and_uploads(call: Any):
    models = importlib.import_module(f"{PACKAGE}.models")
    types = importlib.import_module(f"{PACKAGE}.types")

    body = models.StoreIn(name="Phones FR", country="FR")
    store = await call("stores.create_store", body=body)
    page = await call("stores.list_stores")
    file = types.File(payload=CATALOG, file_name="a.csv", mime_type="text/csv")
    upload = models.UploadCatalogFilesBody(file=file)
    catalog = await call("catalogs.upload_catalog", store.id, body=upload)

    assert (store.name, store.currency) == ("Phones FR", "EUR")
    assert page.items == [store]
    assert (catalog.store_id, catalog.state.value) == (store.id, "received")


async def test_the_client_reads_an_error_as_a_problem(call: Any):
    models = importlib.import_module(f"{PACKAGE}.models")

    problem = await call("stores.get_store", uuid4())

    assert isinstance(problem, models.Problem)
    assert (problem.status, problem.code) == (404, "not_found")
