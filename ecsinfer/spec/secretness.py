"""Does this environment variable hold a secret? By its name, and by what its value looks like."""

from __future__ import annotations

import re

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
    r"|\A(?:hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}"
    r"|xox[abps]-[A-Za-z0-9-]{10,}|nvapi-[A-Za-z0-9_-]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)\Z"
    r"|://[^/\s:@]+:[^/\s:@$]+@"
)
_HARMLESS = re.compile(r"|true|false|yes|no|on|off|none|null|[0-9]{1,6}", re.IGNORECASE)
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
