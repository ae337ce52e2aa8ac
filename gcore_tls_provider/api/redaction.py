"""Redaction of texts from Gcore, a proxy or a library: each can repeat the key or the body of a request."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, SecretStr

HIDDEN: Final = "[hidden]"
"""Replacement for a hidden text."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)", re.DOTALL)
_PEM_LABEL = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_]{48,}")
_ESCAPE = r"(?:\\{1,8}[nrt]|(?:\\{1,8}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})){1,4}|(?:%[0-9A-Fa-f]{2}){1,4}|&\#?\w{1,8};)"
_PIECE = re.compile(rf"{_ESCAPE}|(?P<piece>[A-Za-z0-9+/]{{8,}})")
_ENCODED = re.compile(r"(?:[A-Za-z0-9+/_-]|%2[BbFf]){5,}(?:=|%3[Dd]){0,2}")
_ENCODED_BYTES = re.compile(rb"[A-Za-z0-9+/_-]{5,}=*")
_PERCENTS = re.compile(r"(?:%[0-9A-Fa-f]{2}){4,}")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_SHORTEST = 4
_WINDOW = 8
_STEP = 4
_MOST_READ = 16 * 1024
_SHORT = 100
_LONGEST = 600
_LONGEST_ESCAPED = 10 * _SHORT


class Redactor:
    """Redactor of the API key and of every secret that was sent. Threads share it.

    It hides each text of any length from 4 characters, however a service quotes it: as it is, escaped by JSON, Python,
    HTML or a URL, and in base64 at any offset, also of base64. It hides every run of 8 or more letters or digits that
    occurs in a text or in its decoding, because services cut and wrap the input that they quote. It ignores texts of
    fewer than 4 characters: hiding them would make every sentence unreadable and protect nothing.
    """

    def __init__(self, *texts: str) -> None:
        """Start with these texts; `add` adds more."""
        self._texts: tuple[str, ...] = ()
        self._short: tuple[bytes, ...] = ()
        self._pieces: set[bytes] = set()
        self._adding = threading.Lock()
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Hide these texts too from now on."""
        found = [plain.strip() for text in texts for plain in (text, _decoded(text))]
        with self._adding:
            new = [each for each in dict.fromkeys(found) if len(each) >= _SHORTEST and each not in self._texts]
            for each in new:
                encoded = _PEM_LABEL.sub("", each).encode("utf-8", "surrogatepass")
                if _SHORTEST <= len(encoded) < _WINDOW:
                    self._short = (*self._short, encoded)
                step = 1 if len(each) <= _SHORT else _STEP
                self._pieces.update(encoded[at : at + _WINDOW] for at in range(0, len(encoded) - _WINDOW + 1, step))
            self._texts = (*self._texts, *new)

    def redact(self, text: str, longest: int = _LONGEST) -> str:
        """Return `text` without confidential texts, PEM blocks and long base64, on one line.

        Args:
            text: Text from outside this package.
            longest: Maximum length of the result in characters, without the mark of the cut.
        """
        is_cut = len(text) > _MOST_READ
        # Characters that a terminal does not show must not divide a confidential text.
        text = "".join(each for each in text[:_MOST_READ] if each.isprintable() or each.isspace())
        # Longest first: a text that contains another one must be hidden as a whole.
        texts = sorted(self._texts, key=len, reverse=True)
        # The labels of PEM are not confidential: an ordinary message can contain their words.
        unlabeled = [_PEM_LABEL.sub("", confidential) for confidential in texts]
        for confidential in texts:
            if len(confidential) <= _SHORT:
                text = re.sub(_however_escaped(confidential), HIDDEN, text)
            else:
                text = text.replace(confidential, HIDDEN)
        text = _PERCENTS.sub(lambda found: HIDDEN if self._has_piece(unquote_to_bytes(found[0])) else found[0], text)
        text = _ENCODED.sub(lambda found: HIDDEN if self._encodes(found[0]) else found[0], text)
        text = _BASE64.sub(HIDDEN, _PEM.sub(HIDDEN, text))
        text = self._without_pieces(text)
        text = _PIECE.sub(lambda found: HIDDEN if _occurs(found["piece"], unlabeled) else found[0], text)
        text = " ".join(text.split())
        if is_cut:
            # The end can be the beginning of a confidential text.
            text = text[:-_LONGEST_ESCAPED]
        return text if len(text) <= longest and not is_cut else f"{text[:longest]} [...]"

    def _encodes(self, run: str, depth: int = 2) -> bool:
        """Return whether a run of base64 characters contains the encoding of one of the texts, or of a piece of one.

        Args:
            run: Characters of base64 or its URL variant; it can begin and end anywhere.
            depth: Number of encodings one in the other.
        """
        run = _PERCENT.sub(lambda escape: chr(int(escape[1], 16)), run)
        standard = run.rstrip("=").replace("-", "+").replace("_", "/")
        for offset in range(4):
            part = standard[offset:]
            try:
                decoded = base64.b64decode(part[: len(part) - (len(part) % 4 == 1)] + "=" * (-len(part) % 4 % 3))
            except binascii.Error:
                continue
            if self._has_piece(decoded):
                return True
            if depth > 1:
                inner = _ENCODED_BYTES.findall(decoded)
                if any(self._encodes(each.decode(), depth - 1) for each in inner):
                    return True
        return False

    def _without_pieces(self, text: str) -> str:
        """Hide every piece of a text that damage or other characters surround."""
        plain, shown, at = text.encode("utf-8", "replace"), bytearray(), 0
        starts = [at for at in range(len(plain) - _WINDOW + 1) if plain[at : at + _WINDOW] in self._pieces]
        for start in starts:
            if start > at or not at:
                shown += plain[at:start] + HIDDEN.encode()
            at = start + _WINDOW
        return (shown + plain[at:]).decode("utf-8", "replace")

    def _has_piece(self, plain: bytes) -> bool:
        """Return whether one of the texts, or a piece of one, occurs in `plain`."""
        windows = (plain[at : at + _WINDOW] for at in range(len(plain) - _WINDOW + 1))
        return any(window in self._pieces for window in windows) or any(text in plain for text in self._short)


def secrets_in(value: object) -> Iterator[str]:
    """Yield every `SecretStr` in a body, at any depth, revealed."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for _name, inner in value:
            yield from secrets_in(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secrets_in(inner)


def _however_escaped(text: str) -> str:
    """Return a pattern for `text`: letters and digits also percent-encoded, any other character escaped."""
    return "".join(
        rf"(?:{each}|%(?i:{ord(each):02x}))"
        if each.isascii() and each.isalnum()
        else rf"(?:\\{{0,8}}{re.escape(each)}|{_ESCAPE})"
        for each in text
    )


def _occurs(piece: str | None, texts: Iterable[str]) -> bool:
    return piece is not None and any(piece in text for text in texts)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
