"""Which service a command calls, and with which key."""

import stat
from pathlib import Path

import pytest

from app.command_line.errors import CommandError, UsageError
from app.command_line.profile import (
    Target,
    checked_url,
    choose_target,
    profiles_file,
    read_profiles,
    write_profiles,
)
from tests.command_line.conftest import Terminal

KEY = "refeed_key-of-a-profile"
SHOP = {"url": "https://refeed.example", "key": KEY}


@pytest.fixture
def config(tmp_path: Path) -> dict[str, str]:
    """An environment without keys, and with a profile."""
    env = {"XDG_CONFIG_HOME": str(tmp_path), "REFEED_STATE_DIR": str(tmp_path)}
    write_profiles(profiles_file(env), {"shop": SHOP})
    return env


def test_a_profile_is_private_and_read_again(config: dict[str, str]):
    file = profiles_file(config)

    assert read_profiles(file) == {"shop": SHOP}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_profile_that_others_may_read_is_refused(config: dict[str, str], mode: int):
    file = profiles_file(config)
    file.chmod(mode)

    with pytest.raises(CommandError) as refused:
        choose_target("shop", config)

    assert (refused.value.exit_code, refused.value.code) == (4, "profiles_not_private")
    assert f"chmod 600 {file}" in refused.value.message
    assert KEY not in refused.value.message


@pytest.mark.parametrize(
    ("profile", "env", "target"),
    [
        pytest.param(
            "shop",
            {"REFEED_URL": "http://other", "REFEED_KEY": "other"},
            Target("https://refeed.example", KEY, "profile `shop`"),
            id="a named profile comes before the environment",
        ),
        pytest.param(
            None,
            {"REFEED_URL": "http://other/", "REFEED_KEY": "other"},
            Target("http://other", "other", "REFEED_URL"),
            id="the environment",
        ),
        pytest.param(
            None,
            {"REFEED_URL": "http://other"},
            Target("http://other", None, "REFEED_URL"),
            id="an address without a key gets none",
        ),
        pytest.param(
            None,
            {"REFEED_KEY": "other", "REFEED_PORT": "8123"},
            Target("http://127.0.0.1:8123", "other", "this machine"),
            id="a key without an address is for this machine",
        ),
        pytest.param(
            None,
            {},
            Target("http://127.0.0.1:8000", "of-this-machine", "this machine"),
            id="the admin key of this machine",
        ),
    ],
)
def test_a_key_is_sent_only_to_its_own_address(
    config: dict[str, str],
    tmp_path: Path,
    profile: str | None,
    env: dict[str, str],
    target: Target,
):
    (tmp_path / "admin.key").write_text("of-this-machine\n")

    assert choose_target(profile, {**config, **env}) == target


@pytest.mark.parametrize("key", ["ke\ny", "kéy", "k\x1by"])
def test_a_key_that_no_header_can_have_is_a_usage_error(key: str):
    with pytest.raises(UsageError, match="copy it again") as refused:
        choose_target(None, {"REFEED_URL": "https://a", "REFEED_KEY": key})

    assert key not in refused.value.message


def test_the_profile_default_needs_no_option(config: dict[str, str]):
    write_profiles(profiles_file(config), {"default": SHOP})

    assert choose_target(None, config).url == SHOP["url"]


@pytest.mark.parametrize(
    "url",
    ["refeed.example", "ftp://a", "http://", "http://u:p@a", "http://a:0", "h\nt"],
)
def test_an_address_that_is_none_is_a_usage_error(url: str):
    with pytest.raises(UsageError, match="--url is no address"):
        checked_url(url, "--url")


def test_a_key_over_plain_http_to_another_machine_is_known():
    urls = ["http://refeed.example", "https://a", "http://127.0.0.1:1", "http://[::1]"]

    assert [Target(url, KEY, "").exposes_key for url in urls] == [True, *[False] * 3]


def test_a_key_is_read_from_stdin_and_never_shown(tmp_path: Path):
    terminal = Terminal("http://127.0.0.1:9", tmp_path)
    url = "https://refeed.example"

    added = terminal.run("profile", "add", "shop", "--url", url, stdin=f"{KEY}\n")
    listed = terminal.run("profile", "list")
    as_json = terminal.json("profile", "list")
    unknown = terminal.run("stores", "--profile", "none")
    removed = terminal.run("profile", "remove", "shop")

    assert added.exit_code == 0, added.output
    assert as_json["items"] == [{"name": "shop", "url": url}]
    assert KEY not in added.output + listed.output + unknown.output
    assert "(profiles: shop)" in unknown.stderr
    assert (unknown.exit_code, removed.exit_code) == (2, 0)
    assert read_profiles(tmp_path / "refeed" / "profiles.toml") == {}


def test_a_profile_without_a_key_on_stdin_is_not_added(tmp_path: Path):
    terminal = Terminal("http://127.0.0.1:9", tmp_path)

    result = terminal.run("profile", "add", "shop", "--url", "https://a", stdin="")

    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "refeed").exists()
