"""The address of metrics is a host and a port."""

import pytest

from app.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    "given", ["127.0.0.1:9464", "[::1]:9464", "metrics.internal:1", "0.0.0.0:65535"]
)
def test_a_host_and_a_port_are_taken(given: str):
    assert load_settings(metrics_address=given).metrics_address == given


@pytest.mark.parametrize(
    "given", ["9464", ":9464", "127.0.0.1", "::1:9464", "a:0", "a:65536", "http://a:1"]
)
def test_anything_else_is_refused_with_what_is_accepted(given: str):
    with pytest.raises(SettingsError, match=r"REFEED_METRICS_ADDRESS: accepted: 127"):
        load_settings(metrics_address=given)
