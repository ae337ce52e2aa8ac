"""Redaction of texts from Gcore, a proxy or a library: each can repeat the key or the body of a request."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import BaseModel, SecretStr

HIDDEN: Final = "[hidden]"
"""Replacement for a hidden text."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)", re.DOTALL)
_PEM_LABEL = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_]{48,}")
_ESCAPE = r"(?:\\{1,8}[nrt]|(?:\\{1,8}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})){1,4}|(?:%[0-9A-Fa-f]{2}){1,4}|&\#?\w{1,8};)"
_PIECE = re.compile(rf"{_ESCAPE}|(?P<piece>[A-Za-z0-9+/]{{8,}})")
_SHORTEST = 4
_SHORT = 100
_LONGEST = 600


class Redactor:
    """Redactor of the API key and of every secret that was sent. Threads share it.

    It hides each text, its base64 decoding, and every run of 8 or more letters or digits that occurs in one of them,
    because services cut and wrap the input that they quote. It also finds texts of up to 100 characters, such as
    passphrases, with characters escaped by JSON, Python, HTML or a URL. It ignores texts of fewer than 4 characters:
    hiding them would make every sentence unreadable and protect nothing.
    """

    def __init__(self, *texts: str) -> None:
        """Start with these texts; `add` adds more."""
        self._texts: tuple[str, ...] = ()
        self._adding = threading.Lock()
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Hide these texts too from now on."""
        found = [plain.strip() for text in texts for plain in (text, _decoded(text))]
        with self._adding:
            self._texts = tuple(dict.fromkeys((*self._texts, *(each for each in found if len(each) >= _SHORTEST))))

    def redact(self, text: str, longest: int = _LONGEST) -> str:
        """Return `text` without confidential texts, PEM blocks and long base64, on one line.

        Args:
            text: Text from outside this package.
            longest: Maximum length of the result in characters, without the mark of the cut.
        """
        # Longest first: a text that contains another one must be hidden as a whole.
        texts = sorted(self._texts, key=len, reverse=True)
        for confidential in texts:
            if len(confidential) <= _SHORT:
                text = re.sub(_however_escaped(confidential), HIDDEN, text)
            else:
                text = text.replace(confidential, HIDDEN)
        text = _BASE64.sub(HIDDEN, _PEM.sub(HIDDEN, text))
        # The labels of PEM are not confidential: an ordinary message can contain their words.
        unlabeled = [_PEM_LABEL.sub("", confidential) for confidential in texts]
        text = _PIECE.sub(lambda found: HIDDEN if _occurs(found["piece"], unlabeled) else found[0], text)
        text = " ".join(text.split())
        return text if len(text) <= longest else f"{text[:longest]} [...]"


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
    """Return a pattern for `text`: letters and digits as they are, any other character also escaped."""
    return "".join(
        each if each.isascii() and each.isalnum() else rf"(?:\\{{0,8}}{re.escape(each)}|{_ESCAPE})" for each in text
    )


def _occurs(piece: str | None, texts: Iterable[str]) -> bool:
    return piece is not None and any(piece in text for text in texts)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
