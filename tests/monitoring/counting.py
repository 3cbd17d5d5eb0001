"""What this process has counted since a test began."""

from app.metrics.recording import RECORDER


def counted(name: str, **labels: str) -> float:
    """The counter with exactly these labels; 0 if it has not begun."""
    return RECORDER.registry.get_sample_value(name, labels) or 0.0
