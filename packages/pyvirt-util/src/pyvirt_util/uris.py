"""Connection URIs: ``driver[+transport]://[user@][server][:port]/path?name=value&...#fragment``."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

_SCHEME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.")
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_USER_SAFE = frozenset(b"!$&'()*+,;=:") | _UNRESERVED
_PATH_SAFE = frozenset(b"/!$&'()*+,;=:@") | _UNRESERVED
_QUERY_SAFE = frozenset(b"/!$&'()*+,;=:@?[]%") | _UNRESERVED
# what libxml2's xmlURIEscapeStr leaves alone, and with it the values of parameters (virURIFormatParams)
_VALUE_SAFE = frozenset(b"!*'()") | _UNRESERVED


class URI:
    """The parts of a URI, unescaped but for ``query``.

    ``scheme`` is as written (``qemu+ssh``); ``driver`` and ``transport`` are its two halves. ``server`` has no brackets
    around an IPv6 address. ``port`` is 0 when there is none, the other parts are ``None`` then. ``params`` are the
    query's parameters in order, names may repeat. Two URIs are equal when all parts are.
    """

    __slots__ = ("fragment", "params", "path", "port", "query", "scheme", "server", "user")

    def __init__(
        self,
        scheme: str,
        *,
        user: str | None = None,
        server: str | None = None,
        port: int = 0,
        path: str | None = None,
        params: Iterable[tuple[str, str]] = (),
        fragment: str | None = None,
    ) -> None:
        self.scheme = scheme
        self.user = user
        self.server = server
        self.port = port
        self.path = path
        self.params = list(params)
        self.query = format_query(self.params) or None
        self.fragment = fragment

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URI apart (virURIParse).

        :raises InvalidArgError: when it has no scheme, an invalid port or a broken escape.
        """
        body, hash_mark, fragment = text.partition("#")
        body, question, query = body.partition("?")
        scheme, colon, rest = body.partition(":")
        if not colon or not scheme[:1].isalpha() or not _SCHEME_CHARS.issuperset(scheme):
            raise InvalidArgError(f"malformed connection URI '{text}': it does not start with a driver and ':'")
        if any(char <= " " or char == "\x7f" for char in text):
            raise InvalidArgError(f"malformed connection URI {text!r}: it has a space or control character")
        uri = cls(scheme)
        if rest.startswith("//"):
            authority, slash, path = rest[2:].partition("/")
            uri._set_authority(authority, text)
            rest = slash + path
        uri.path = unescape(rest, text) if rest else None
        uri.query = query if question and query else None
        uri.params = parse_query(query, text) if query else []
        uri.fragment = unescape(fragment, text) if hash_mark and fragment else None
        return uri

    def _set_authority(self, authority: str, text: str) -> None:
        user, at, host = authority.rpartition("@")
        if at:
            self.user = unescape(user, text)
        if host.startswith("["):
            server, bracket, port = host[1:].partition("]")
            if not bracket or (port and port[0] != ":"):
                raise InvalidArgError(f"malformed connection URI '{text}': '{host}' is not an address in brackets")
            port = port[1:]
        else:
            server, _, port = host.partition(":")
        if port:
            if not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
                raise InvalidArgError(f"malformed connection URI '{text}': invalid port '{port}'")
            self.port = int(port)
        self.server = unescape(server, text) if server else None

    @property
    def driver(self) -> str:
        """What comes before ``+`` in the scheme: ``qemu``."""
        return self.scheme.partition("+")[0]

    @property
    def transport(self) -> str | None:
        """What comes after ``+`` in the scheme: ``ssh``; ``None`` without."""
        return self.scheme.partition("+")[2] or None

    def param(self, name: str, default: str | None = None) -> str | None:
        """The first parameter of that name; case does not matter."""
        lower = name.lower()
        return next((value for key, value in self.params if key.lower() == lower), default)

    def format(self) -> str:
        """The URI as text, with the query made anew from the parameters (virURIFormat)."""
        text = f"{self.scheme}:"
        if self.server is not None or self.user is not None or self.port:
            user = f"{_escape(self.user, _USER_SAFE)}@" if self.user is not None else ""
            server = self.server or ""
            server = f"[{_escape(server, _USER_SAFE)}]" if ":" in server else _escape(server, _USER_SAFE)
            text += f"//{user}{server}" + (f":{self.port}" if self.port else "")
        elif self.path is not None and (self.path.startswith("/") or not self.path):
            text += "//"
        text += _escape(self.path or "", _PATH_SAFE)
        if query := format_query(self.params):
            text += f"?{query}"
        if self.fragment is not None:
            text += f"#{_escape(self.fragment, _PATH_SAFE | frozenset(b'?'))}"
        return text

    __str__ = format

    def __repr__(self) -> str:
        return f"URI.parse({self.format()!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, URI):
            return NotImplemented
        names = ("scheme", "user", "server", "port", "path", "params", "fragment")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]


def parse_query(query: str, text: str | None = None) -> list[tuple[str, str]]:
    """The parameters of a query in order; ``&`` and ``;`` separate them (virURIParseParams).

    A name without ``=`` has an empty value; a value without a name is ignored.
    """
    params = []
    for item in query.replace(";", "&").split("&"):
        name, _, value = item.partition("=")
        if name:
            params.append((unescape(name, text), unescape(value, text)))
    return params


def format_query(params: Iterable[tuple[str, str]]) -> str:
    """The inverse of :func:`parse_query`: ``name=value`` joined by ``&``, values escaped."""
    return "&".join(f"{_escape(name, _VALUE_SAFE)}={_escape(value, _VALUE_SAFE)}" for name, value in params)


def unescape(text: str, whole: str | None = None) -> str:
    """Text with its ``%XX`` decoded, as UTF-8.

    :raises InvalidArgError: for a broken escape, a NUL, or bytes that are not UTF-8.
    """
    if "%" not in text:
        return text
    first, *parts = text.split("%")
    raw = bytearray(first.encode())
    try:
        for part in parts:
            if len(part) < 2 or part[:2].strip("0123456789abcdefABCDEF"):
                raise ValueError
            raw.append(int(part[:2], 16))
            raw += part[2:].encode()
        if 0 in raw:
            raise ValueError
        return raw.decode()
    except ValueError:
        raise InvalidArgError(f"malformed connection URI '{whole or text}': invalid escape in '{text}'") from None


def _escape(text: str, safe: frozenset[int]) -> str:
    raw = text.encode()
    if safe.issuperset(raw):
        return text
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in raw)
