"""Writes values in Thrift's compact protocol, which Parquet files use.

With it a test can state anything in a footer or a page header. Source: the compact
protocol in the specification of Apache Thrift.
"""

Value = "int | str | list[Value] | dict[int, Value]"

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_SHORT = 15
"""Lists from this length state it in bytes of its own."""


class I64(int):
    """An integer of 64 bits; others have 32."""


def encode(value: Value) -> bytes:
    """A struct is a dictionary by field number."""
    match value:
        case int():
            return varint(value << 1 if value >= 0 else (-value << 1) - 1)
        case str():
            return varint(len(value.encode())) + value.encode()
        case list():
            return list_header(len(value), _kind(value[0])) + b"".join(
                map(encode, value)
            )
        case dict():
            return _struct(value)
    raise TypeError(value)


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def list_header(length: int, kind: int = _STRUCT) -> bytes:
    """What precedes the items of a list that states this length."""
    if length < _SHORT:
        return bytes([length << 4 | kind])
    return bytes([0xF0 | kind]) + varint(length)


def _struct(fields: dict[int, Value]) -> bytes:
    out, last = b"", 0
    for number, value in sorted(fields.items()):
        out += bytes([(number - last) << 4 | _kind(value)]) + encode(value)
        last = number
    return out + b"\0"


def _kind(value: Value) -> int:
    match value:
        case I64():
            return _I64
        case int():
            return _I32
        case str():
            return _BINARY
        case list():
            return _LIST
    return _STRUCT
