"""Entries of the tables of findings: a code with its meaning, severities and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Severity

DEFAULT: Final = "default"
"""Key of the message of a code that has only one."""


@dataclass(frozen=True)
class Message:
    """Text of a finding, with placeholders in braces.

    `{property}` is the argument that the finding is about, and always available. Every other placeholder is given by
    the rule that reports the finding.

    Attributes:
        sentence: What is wrong with which object, as whole sentences.
        remedy: What to do about it: an edit or a command that can be copied.
    """

    sentence: str
    remedy: str

    @property
    def placeholders(self) -> frozenset[str]:
        """Names of the values that fill the message, without `property`."""
        parts = (part for text in (self.sentence, self.remedy) for part in Formatter().parse(text))
        return frozenset(name for _, name, _, _ in parts if name is not None) - {"property"}

    def fill(self, property: str = "", /, **values: object) -> tuple[str, str]:
        """Return the sentence and the remedy.

        Args:
            property: Name of the argument that the message is about; empty if it is about none.
            values: Values of the placeholders, all of them and no others. Never a key or a password.

        Raises:
            ValueError: The values are not those of the message.
        """
        if values.keys() != self.placeholders:
            raise ValueError(f"'{self.sentence}' needs {sorted(self.placeholders)}, not {sorted(values)}")
        given = {"property": property, **values}
        return self.sentence.format_map(given), self.remedy.format_map(given)


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Attributes:
        meaning: What was found, in a few words, for tables.
        messages: Messages by key; `default` where there is only one.
        severities: Severities that rules report it with. The first is the default.
        acceptable: Whether `accept_findings` can turn it into a warning. Content that cannot be parsed, a key that does
            not match, a private key in the place of public content, and anything that Gcore rejects are never
            acceptable.
    """

    meaning: str
    messages: Mapping[str, Message]
    severities: tuple[Severity, ...] = ("error",)
    acceptable: bool = False


def single(sentence: str, remedy: str) -> Mapping[str, Message]:
    """Return the messages of a code that has only one."""
    return {DEFAULT: Message(sentence, remedy)}
