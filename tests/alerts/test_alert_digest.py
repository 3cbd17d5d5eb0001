"""A digest waits for more events, and one message has them all."""

from typing import Any

import pytest

from app.settings import Settings
from tests.alerts.channels import Channels
from tests.alerts.mail_server import Mailbox, arrived
from tests.publications.watching import eventually
from tests.support.stack import open_worker


class TestDigest:
    """With a digest time that does not pass by itself."""

    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {"alert_digest": 300}

    async def test_the_first_event_waits_and_later_ones_join_it(
        self, channels: Channels, mail: Mailbox, settings: Settings
    ):
        channel = await channels.create()
        await channels.record()
        other = await channels.create("other@shop.example")
        test = await channels.api.post(f"{channels.path}/{other['id']}/test")
        async with open_worker(settings):
            await eventually(lambda: arrived(mail, 1))  # the worker looked at all
            waited = await channels.pending()
            await channels.record(2)
            await channels.pass_time("5 minutes")
            await eventually(lambda: arrived(mail, 3))
            await channels.record()
            await channels.query(
                "UPDATE alert_pending SET created_at = now() - interval '1 hour'"
            )
            await channels.pass_time("1 minute")
            await channels.api.post(f"{channels.path}/{other['id']}/test")
            await eventually(lambda: arrived(mail, 4))
            early = await channels.pending()
            await channels.pass_time("4 minutes")
            await channels.sent(6)

        subjects = [message["Subject"].rpartition(": ")[2] for message in mail.messages]
        assert test.status_code == 202
        assert (waited, early) == (1, 2)
        assert subjects[0] == subjects[3] == "test"
        assert sorted(subjects[1:3]) == ["2 events", "3 events"]
        assert subjects[4:] == ["1 event", "1 event"]
        assert (await channels.get(channel))["failing_since"] is None
