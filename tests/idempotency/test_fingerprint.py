"""A fingerprint depends on the query and the bytes of the body, not on chunks."""

from hypothesis import given
from hypothesis import strategies as st

from app.idempotency.fingerprint import Fingerprint, boundary_of

BOUNDARIES = st.text("ab", min_size=1, max_size=5).map(str.encode)
BODIES = st.lists(st.text("abc", max_size=8).map(str.encode), max_size=6)


def fingerprint(query: bytes, boundary: bytes, chunks: list[bytes]) -> bytes:
    made = Fingerprint(query, boundary)
    for chunk in chunks:
        made.add(chunk)
    return made.digest()


@given(chunks=BODIES, boundary=BOUNDARIES | st.just(b""))
def test_chunks_make_no_difference(chunks: list[bytes], boundary: bytes):
    whole = fingerprint(b"", boundary, [b"".join(chunks)])

    assert fingerprint(b"", boundary, chunks) == whole


@given(one=BODIES, other=BODIES)
def test_another_body_has_another_fingerprint(one: list[bytes], other: list[bytes]):
    same = fingerprint(b"", b"", one) == fingerprint(b"", b"", other)

    assert same == (b"".join(one) == b"".join(other))


@given(parts=st.lists(st.text("xyz", max_size=8).map(str.encode), max_size=6))
def test_another_boundary_is_the_same_form(parts: list[bytes]):
    forms = [boundary.join(parts) for boundary in (b"--a", b"longer-1")]

    assert fingerprint(b"", b"--a", [forms[0]]) == fingerprint(
        b"", b"longer-1", [forms[1]]
    )


def test_the_query_belongs_to_the_request():
    assert fingerprint(b"a=1", b"", [b"2"]) != fingerprint(b"a=12", b"", [b""])
    assert fingerprint(b"a=1", b"", []) != fingerprint(b"", b"", [b"a=1"])


def test_the_boundary_is_that_of_a_multipart_body():
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("multipart/form-data") == b""
    assert boundary_of("text/csv; boundary=x") == b""
    assert boundary_of("multipart/form-data; boundary*=x'y'%") is not None
