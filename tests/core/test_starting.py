"""A process does not start with a wrong setting, and says which ones are wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import SettingsError, load_settings, unknown_variables
from app.starting import prepare
from tests.support.dying import open_program

WRONG = {
    "a number": ("REFEED_PORT", "no-port"),
    "a number as a list": ("REFEED_SOURCE_PORTS", "80"),
    "a port in a list": ("REFEED_SOURCE_PORTS", "[80, 0]"),
    "a text as a list": ("REFEED_CORS_ORIGINS", "foo"),
    "broken JSON": ("REFEED_SOURCE_ALLOW", '["feeds.internal"'),
    "deep JSON": ("REFEED_SOURCE_ALLOW", "[" * 50_000),
    "an object": ("REFEED_PREVIOUS_SECRET_KEYS", '{"a": 1}'),
    "a short secret": ("REFEED_SECRET_KEY", "canary"),
    "a list of secrets": ("REFEED_PREVIOUS_SECRET_KEYS", "canary"),
    "a URL with a password": ("REFEED_DATABASE_URL", "mysql://a:canary@b/c"),
    "no duration": ("REFEED_JOB_LEASE", "soon"),
    "an endless duration": ("REFEED_JOB_LEASE", "inf"),
    "nothing": ("REFEED_MAX_UPLOAD_BYTES", ""),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG.keys())
def test_each_wrong_setting_is_one_line_without_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("REFEED_LINES_PER_HOUR", "0")

    with pytest.raises(SettingsError) as error:
        load_settings()

    named = [line.partition(":")[0] for line in str(error.value).splitlines()]
    assert sorted(named) == sorted([name, "REFEED_LINES_PER_HOUR"])
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        pytest.param("REFEED_PROT", "REFEED_PORT", id="a typing error"),
        pytest.param(
            "refeed_cors_origin", "REFEED_CORS_ORIGINS", id="in small letters"
        ),
        pytest.param("REFEED_XYZ", None, id="nothing like it"),
    ],
)
def test_an_unknown_variable_is_named_with_a_similar_setting(
    name: str, similar: str | None
):
    fine = ["PATH", "REFEED_PORT", "refeed_host", "REFEED_TEST_X", "REFEED_FAILPOINT"]

    assert unknown_variables([*fine, name]) == {name: similar}


@pytest.mark.usefixtures("process_start")
@pytest.mark.parametrize("variable", ["REFEED_STATE_DIR", "REFEED_STORAGE_DIR"])
@pytest.mark.parametrize("kind", ["a file", "beneath a file", "not writable"])
def test_a_folder_that_cannot_be_used_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, kind: str
):
    file = tmp_path / "file"
    file.touch()
    folder = {"a file": file, "beneath a file": file / "x"}.get(
        kind, Path("/proc/self/refeed")
    )
    monkeypatch.setenv(variable, str(folder))

    with pytest.raises(SettingsError, match=f"^{variable}: the folder .*cannot be"):
        prepare()


@pytest.mark.parametrize("module", ["app.serve", "workers.main", "app.cli"])
def test_a_process_ends_with_the_lines_and_no_traceback(module: str):
    arguments = ["up"] if module == "app.cli" else []
    given = {"REFEED_SOURCE_PORTS": "80", "REFEED_PROT": "canary"}

    process = open_program(
        [sys.executable, "-P", "-m", module, *arguments],
        env={"PATH": os.environ["PATH"], **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output, errors = process.communicate()

    (line,) = errors.splitlines()
    assert (process.returncode, output) == (1, "")
    assert line.startswith("REFEED_SOURCE_PORTS: not a JSON list")
