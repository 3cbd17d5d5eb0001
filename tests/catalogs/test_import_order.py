"""Which waiting upload is imported next: the end is that of the order of receipt."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogs.imports.import_order import WaitingUpload, next_upload

START = datetime(2026, 11, 1, tzinfo=UTC)


def waiting(uploads: str) -> list[WaitingUpload]:
    """`F3` is a full upload with data of hour 3, `P` a partial one, `!` has started."""
    found = []
    for number, upload in enumerate(uploads.split()):
        hour = int(upload.strip("FP!") or number)
        found.append(
            WaitingUpload(
                UUID(int=number + 1),
                upload.startswith("P"),
                upload.endswith("!"),
                START + timedelta(hours=hour),
            )
        )
    return found


CHOICES = {
    "the newest full one": ("F F F", 2),
    "the only one": ("F", 0),
    "what has started": ("F F! F", 1),
    "the older one that has started": ("F! F!", 0),
    "a partial one in its place": ("P F F", 0),
    "the newest before a partial one": ("F F P F", 1),
    "partial ones in order": ("P P", 0),
    "newer data before a later upload with older ones": ("F1 F9 F3 F4", 1),
    "the later upload of data of one time": ("F5 F5", 1),
}


@pytest.mark.parametrize(("uploads", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_next_is(uploads: str, expected: int):
    given_ = waiting(uploads)

    assert next_upload(given_, mapped=True) == given_[expected]


def test_without_a_mapping_uploads_are_read_in_order_of_receipt():
    given_ = waiting("F F P")

    assert next_upload(given_, mapped=False) == given_[0]
    assert next_upload([], mapped=True) is None


@dataclass(slots=True)
class Upload:
    """One upload of the model: `good` ones are imported, others rejected."""

    is_partial: bool
    good: bool
    hours: int
    state: str = "received"


@dataclass(slots=True)
class Model:
    """A store: its uploads, and what its offers are made of."""

    uploads: list[Upload] = field(default_factory=list)
    desired: list[int] = field(default_factory=list)
    """The full upload and the partial ones on it, by number."""
    imports: int = 0

    def waiting(self) -> list[WaitingUpload]:
        return [
            WaitingUpload(
                UUID(int=number),
                upload.is_partial,
                upload.state == "importing",
                START + timedelta(hours=upload.hours),
            )
            for number, upload in enumerate(self.uploads)
            if upload.state in {"received", "importing"}
        ]

    def step(self, *, crashes: bool) -> bool:
        """One run of the import job; a crash leaves what it began. False: all done."""
        chosen = next_upload(self.waiting(), mapped=True)
        if chosen is None:
            return False
        number = chosen.id.int
        self.uploads[number].state = "importing"
        if not crashes:
            self.imports += 1
            self._end(number)
        return True

    def _end(self, number: int) -> None:
        upload = self.uploads[number]
        upload.state = "ready" if upload.good else "rejected"
        if not upload.good:
            return
        self.desired = result_of(self.desired, number, upload)
        for older in self.uploads[:number]:
            if not upload.is_partial and older.state == "received":
                assert not older.is_partial, "a partial upload would be skipped"
                if older.hours <= upload.hours:
                    older.state = "superseded"


def result_of(before: list[int], number: int, upload: Upload) -> list[int]:
    return [*before, number] if upload.is_partial else [number]


UPLOADS = st.builds(
    Upload,
    is_partial=st.booleans(),
    good=st.booleans(),
    hours=st.integers(0, 3),
)
EVENTS = st.lists(st.one_of(UPLOADS, st.sampled_from(["import", "crash"])))


@given(EVENTS)
@settings(max_examples=500)
def test_the_end_is_that_of_the_order_of_receipt_without_superseded_uploads(
    events: list[Upload | str],
):
    model = Model()
    for event in events:
        if isinstance(event, Upload):
            model.uploads.append(event)
        else:
            model.step(crashes=event == "crash")
    while model.step(crashes=False):
        pass

    expected: list[int] = []
    for number, upload in enumerate(model.uploads):
        if upload.good and upload.state != "superseded":
            expected = result_of(expected, number, upload)
    assert model.desired == expected
    for number, upload in enumerate(model.uploads):
        replaced = any(
            u.state == "ready" and not u.is_partial for u in model.uploads[number + 1 :]
        )
        assert upload.state in {"ready", "rejected"} or (
            upload.state == "superseded" and replaced and not upload.is_partial
        )


@given(st.integers(1, 50), st.integers(0, 3))
def test_a_burst_costs_one_import_and_one_for_each_rejected_newer_upload(
    count: int, unusable: int
):
    good = [True] * count + [False] * unusable
    model = Model([Upload(is_partial=False, good=each, hours=0) for each in good])

    while model.step(crashes=False):
        pass

    assert model.imports == 1 + unusable
    assert model.desired == [count - 1]
