"""A slot belongs to one running process, and to the next one when it has ended."""

from pathlib import Path

from app.metrics import slots


def test_each_process_has_a_slot_of_its_own(tmp_path: Path):
    taken = [slots.claim(tmp_path, role) for role in ("worker", "worker", "api")]

    assert [slot.name for slot in taken] == ["worker-0", "worker-1", "api-0"]
    assert slots.running(tmp_path) == {"worker": 2, "api": 1}


def test_a_free_slot_is_taken_again(tmp_path: Path):
    first, _second = slots.claim(tmp_path, "worker"), slots.claim(tmp_path, "worker")

    first.close()
    alive = slots.running(tmp_path)
    again = slots.claim(tmp_path, "worker")

    assert alive == {"worker": 1}
    assert again.name == "worker-0"


def test_looking_whether_a_slot_is_taken_frees_it_again(tmp_path: Path):
    slots.claim(tmp_path, "worker").close()

    assert slots.running(tmp_path) == {}
    assert slots.claim(tmp_path, "worker").name == "worker-0"
