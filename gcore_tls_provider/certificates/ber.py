"""Elements of ASN.1 data, without knowledge of the data's meaning.

`cryptography` parses certificates, keys and PKCS12 files. This walk looks at them before that, to find content that is
too expensive to parse (module `parse_limits`). Like OpenSSL, it accepts BER (X.690, section 8): lengths that are not
minimal, elements of indefinite length, octet strings in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x10

ELEMENT_LIMIT = 100_000
"""Largest number of elements. The largest PKCS12 file that this package reads, with 256 certificates, has a third of
it."""

DEPTH_LIMIT = 100
"""Largest depth of the walk. OpenSSL reads at most 30 nested levels; a walk through octet strings counts some of these
levels twice."""

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_END_OF_CONTENTS = 0x00
_HEADER_LIMIT = 16
"""Largest number of bytes of a tag or a length. OpenSSL reads tags of five bytes, and lengths of eight with zeros
before them."""


class TooManyElements(Exception):
    """The data has more than `ELEMENT_LIMIT` elements."""


@dataclass(frozen=True, slots=True)
class Element:
    """One ASN.1 element.

    Attributes:
        tag: Number of its universal tag, such as `INTEGER`; None for tags of the other classes.
        content: Content. Octet strings in pieces are joined.
        children: Elements that it consists of; for an octet string those in it, if it starts with a SEQUENCE.
    """

    tag: int | None
    content: bytes
    children: tuple[Element, ...]

    @property
    def number(self) -> int:
        """Value of an INTEGER."""
        return int.from_bytes(self.content, "big", signed=True)


def walk(data: bytes) -> Iterator[Element]:
    """Yield all elements of `data`, an element before its children. Omit everything after a damaged element.

    Raises:
        TooManyElements: In the first step.
    """
    waiting = list(_Reader().elements(data, 0))
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(element.children)


class _Damaged(Exception):
    """No element can be parsed at this position."""


class _Reader:
    """Parser of elements that counts them."""

    def __init__(self) -> None:
        self._count = 0

    def elements(self, data: bytes, depth: int) -> tuple[Element, ...]:
        """Return the elements of `data`, up to the first damaged one."""
        return self._elements(data, 0, depth, until_end_of_contents=False)[0]

    def _elements(
        self, data: bytes, at: int, depth: int, *, until_end_of_contents: bool
    ) -> tuple[tuple[Element, ...], int]:
        """Return the elements from `at` to the end of `data` or of an indefinite length, and where that is."""
        found: list[Element] = []
        while at < len(data):
            try:
                element, at = self._element(data, at, depth)
            except _Damaged:
                return tuple(found), len(data)
            if until_end_of_contents and element.tag == _END_OF_CONTENTS:
                break
            found.append(element)
        return tuple(found), at

    def _element(self, data: bytes, at: int, depth: int) -> tuple[Element, int]:
        self._count += 1
        if self._count > ELEMENT_LIMIT:
            raise TooManyElements
        first, tag, at = _tag(data, at)
        universal = tag if first < 0x40 else None
        length, at = _length(data, at)
        if length is None and not first & _CONSTRUCTED:
            raise _Damaged
        if depth >= DEPTH_LIMIT:
            if length is None or at + length > len(data):
                raise _Damaged
            return Element(universal, data[at : at + length], ()), at + length
        if length is None:
            children, end = self._elements(data, at, depth + 1, until_end_of_contents=True)
            content = data[at:end]
        else:
            end = at + length
            if end > len(data):
                raise _Damaged
            content = data[at:end]
            children = self.elements(content, depth + 1) if first & _CONSTRUCTED else ()
        if universal == OCTET_STRING:
            if first & _CONSTRUCTED:
                content = b"".join(piece.content for piece in children)
            children = self.elements(content, depth + 1) if _starts_with_sequence(content) else ()
        return Element(universal, content, children), end


def _starts_with_sequence(content: bytes) -> bool:
    return content[:1] in (bytes([SEQUENCE | _CONSTRUCTED]), bytes([_LONG_TAG | _CONSTRUCTED]))


def _tag(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the first byte of a tag, the tag's number, and the position after it."""
    first = data[at]
    number = first & _LONG_TAG
    at += 1
    if number != _LONG_TAG:
        return first, number, at
    number = 0
    for byte in data[at : at + _HEADER_LIMIT]:
        number = number << 7 | byte & 0x7F
        at += 1
        if byte < 0x80:
            return first, number, at
    raise _Damaged


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """Return the length of a content, None if it is indefinite, and the position after it."""
    if at >= len(data):
        raise _Damaged
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if first == 0x80:
        return None, at
    size = first & 0x7F
    if size > _HEADER_LIMIT or at + size > len(data):
        raise _Damaged
    return int.from_bytes(data[at : at + size], "big"), at + size
