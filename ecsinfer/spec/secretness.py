"""What holds a secret: a variable or an argument, by its name and by what its value looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsinfer.spec.interpolation import unresolved

HIDDEN = "(hidden)"
"""What is shown in the place of a secret."""

_WORDS = frozenset(
    {
        "PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE", "PASSCODE", "SECRET", "SECRETS",
        "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS",
    }
)  # fmt: skip
_KEYS = frozenset({"API", "ACCESS", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "AUTH", "MASTER"})
_TOKENS_OF_TEXT = frozenset(
    {
        "EOS", "BOS", "PAD", "UNK", "SEP", "CLS", "MASK", "STOP", "START", "END", "IMAGE", "PER",
        "NEXT",
    }
)  # fmt: skip
"""What a tokenizer, not a vault, has: ``EOS_TOKEN``, ``COST_PER_TOKEN``."""

_LOOKS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|(?<![\w-])(?:hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}"
    r"|xox[abps]-[A-Za-z0-9-]{10,}|nvapi-[A-Za-z0-9_-]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)(?![\w-])"
    r"|(?i:Authorization:\s*(?:Bearer|Basic))\s+[\w.~+/=-]{8,}"
    r"|://[^/\s:@]+:[^/\s:@$]+@"
)
_HARMLESS = re.compile(r"|true|false|yes|no|on|off|none|null|[0-9]{1,6}", re.IGNORECASE)
_ASSIGNED = re.compile(r"-{0,2}(?P<name>[A-Za-z][\w.-]*)=(?P<value>.*)", re.DOTALL)
_FLAG = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def secret_by_name(name: str) -> bool:
    """Whether a variable of that name holds a secret: ``HF_TOKEN``, not ``MAX_TOKENS``."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", _CAMEL.sub("_", name)) if word]
    parts = [word.upper() for word in words]
    if not parts or name.upper() == "PWD":
        return False
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last == "KEY" or parts[-2:] == ["KEY", "ID"]:
        before = parts[-3] if last == "ID" and len(parts) > 2 else before
        return before in _KEYS
    return last in _WORDS and not (last == "TOKEN" and before in _TOKENS_OF_TEXT)


def secret_by_value(value: str) -> bool:
    """Whether a value looks like a key, a token, or an address with a password in it."""
    return _LOOKS.search(value) is not None


def looks_secret(name: str, value: str) -> bool:
    """Whether the variable should be read from Secrets Manager or SSM instead."""
    if _HARMLESS.fullmatch(value):
        return False
    return secret_by_name(name) or secret_by_value(value)


def secret_arguments(words: Sequence[str]) -> frozenset[int]:
    """Which words of a command hold a secret: ``--api-key X``, ``--token=X``, a key by its looks.

    A word can be the text of a shell, as in ``sh -c "serve --api-key X"``; what the shell takes
    from a variable (``$NAME``) is none.
    """
    found = {index for index, word in enumerate(words) if secret_by_value(word)}
    pieces = [(index, piece) for index, word in enumerate(words) for piece in _pieces(word)]
    flag = ""
    for index, piece in pieces:
        assigned, alone = _ASSIGNED.fullmatch(piece), _FLAG.fullmatch(piece)
        name, value = (assigned["name"], assigned["value"]) if assigned else (flag, piece)
        flag = alone["name"] if alone else ""
        if not alone and secret_by_name(name) and not _harmless(value):
            found.add(index)
    return frozenset(found)


def concealed(words: Sequence[str]) -> list[str]:
    """The words of a command as they may be shown."""
    secret = secret_arguments(words)
    return [HIDDEN if index in secret else word for index, word in enumerate(words)]


def _pieces(word: str) -> Iterator[str]:
    """What a shell would take the word apart into, roughly."""
    return (piece.strip("'\";") for piece in word.split() or [""])


def _harmless(value: str) -> bool:
    value = value.strip("'\"")
    return bool(_HARMLESS.fullmatch(value)) or (value.startswith("$") and not unresolved(value))
