"""Bodies of uploads, and the files that they leave."""

from pathlib import Path

from app.settings import Settings


def files_in(settings: Settings) -> list[Path]:
    return [p for p in settings.uploads.rglob("*") if p.is_file()]


def form(*parts: tuple[str, bytes], ending: str = "--x--\r\n") -> bytes:
    body = b"".join(
        f"--x\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts
    )
    return body + ending.encode()


def disposition(rest: str) -> str:
    return f"Content-Disposition: form-data; {rest}"
