"""The cluster query language of memberOf constraints, over instance attributes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"\s*(?P<token>\(|\)|\[|\]|,|==|!=|=~|!~|>=|<=|>|<|&&|\|\||!(?![=~])|'[^']*'|\"[^\"]*\"|[^\s()\[\],=!<>&|]+)"
)

Attributes = Mapping[str, str]
_WORDS = {"&&": "and", "||": "or", "!": "not"}
_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "==": lambda have, want: have == want,
    "equals": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    "=~": lambda have, want: re.fullmatch(want, have) is not None,
    "matches": lambda have, want: re.fullmatch(want, have) is not None,
    "!~": lambda have, want: re.fullmatch(want, have) is None,
}


class ExpressionError(ValueError):
    """The expression is not in the cluster query language."""


def matches(expression: str, attributes: Attributes) -> bool:
    """Whether an instance with these attributes is a member.

    Raises:
        ExpressionError: it cannot be read.
    """
    tokens = [match["token"] for match in _TOKEN.finditer(expression)]
    parser = _Parser(tokens, attributes)
    value = parser.disjunction()
    if parser.left():
        raise ExpressionError(f"unexpected {parser.left()[0]!r} in {expression!r}")
    return value


class _Parser:
    """Recursive descent; every side is parsed, so that errors do not depend on attributes."""

    def __init__(self, tokens: list[str], attributes: Attributes) -> None:
        self._tokens = tokens
        self._at = 0
        self._attributes = attributes

    def left(self) -> list[str]:
        return self._tokens[self._at :]

    def disjunction(self) -> bool:
        value = self._conjunction()
        while self._accept("or"):
            value = self._conjunction() or value
        return value

    def _conjunction(self) -> bool:
        value = self._factor()
        while self._accept("and"):
            value = self._factor() and value
        return value

    def _factor(self) -> bool:
        if self._accept("not"):
            return not self._factor()
        if self._accept("("):
            value = self.disjunction()
            self._expect(")")
            return value
        return self._comparison()

    def _comparison(self) -> bool:
        name = self._next().removeprefix("attribute:")
        have = self._attributes.get(name)
        operator = self._next()
        if operator == "exists":
            return have is not None
        if operator in ("not_exists", "!exists"):
            return have is None
        if operator in ("in", "not_in"):
            return (have in self._list()) == (operator == "in")
        if operator not in _COMPARE:
            raise ExpressionError(f"unknown operator {operator!r}")
        want = self._next()
        return have is not None and _COMPARE[operator](have, want)

    def _list(self) -> list[str]:
        self._expect("[")
        items = [self._next()]
        while self._accept(","):
            items.append(self._next())
        self._expect("]")
        return items

    def _accept(self, word: str) -> bool:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if _WORDS.get(token, token) == word:
                self._at += 1
                return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise ExpressionError(f"expected {word!r}")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ExpressionError("the expression ends too early")
        token = self._tokens[self._at]
        self._at += 1
        return token.strip("'\"")
