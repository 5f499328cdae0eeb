"""Questions to QEMU's self-description, the reply of ``query-qmp-schema`` (QEMU's qapi/introspect.json).

A question is a path, the first word a command or event, the next ones steps from there:

========  ====================================================================
``name``  a member of an object, also ``arg-type`` and ``ret-type`` of a command
``*name`` the same, if the member is optional
``+name`` what the object is when its discriminator has this value
``^name`` an enumeration's value (only as the last step)
``$name`` the feature of what was reached (only as the last step)
``!name`` the JSON or meta type of what was reached (only as the last step)
========  ====================================================================

``blockdev-add/arg-type/+qcow2/backing/+file/filename`` asks for the file name of a backing file. libvirt's tests use
the same notation.
"""

from __future__ import annotations

from typing import Any

Entry = dict[str, Any]

_MODIFIERS = "+*^$!"


class QapiSchema:
    """The schema, indexed.

    :param entries: the ``return`` of ``query-qmp-schema``: types have numbers for names, commands and events their own.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = {entry["name"]: entry for entry in entries}

    def has(self, path: str) -> bool:
        """Is there what ``path`` leads to?

        :raises ValueError: the path can't be understood, or goes on where nothing can follow.
        """
        found, _entry = self.look(path)
        return found

    def find(self, path: str) -> Entry | None:
        """The schema entry ``path`` leads to; ``None`` when there is none, or ``path`` ends at a value or feature."""
        return self.look(path)[1]

    def look(self, path: str) -> tuple[bool, Entry | None]:
        """Both answers: whether it is there, and the entry of the type reached."""
        first, *steps = path.split("/")
        if not first or not all(steps) or first[0] in _MODIFIERS:
            raise ValueError(f"'{path}' is no path in the QAPI schema")
        entry = self._entries.get(first)
        if entry is None:
            return False, None
        for index, step in enumerate(steps):
            last = index == len(steps) - 1
            kind, name = (step[0], step[1:]) if step[0] in _MODIFIERS else ("", step)
            if not name or (kind in ("^", "$", "!") and not last):
                raise ValueError(f"'{path}' is no path in the QAPI schema: '{step}' is not understood there")
            if kind == "$":
                return name in _features(entry), None
            if kind == "!":
                return name in (entry.get("json-type"), entry.get("meta-type")), None
            if kind == "^":
                return entry["meta-type"] == "enum" and name in enum_values(entry), None
            # A member's own features stand with the member, not with its type.
            if index + 2 == len(steps) and steps[-1][0] == "$":
                member = self._member(entry, name) if kind in ("", "*") else None
                if member is not None and steps[-1][1:] in _features(member):
                    return True, None
            following = self._follow(entry, kind, name)
            if following is None:
                return False, None
            entry = following
        return True, entry

    def type(self, name: str) -> Entry | None:
        """The entry of that name: a command, an event, or a type's number."""
        return self._entries.get(name)

    def _follow(self, entry: Entry, kind: str, name: str) -> Entry | None:
        meta = entry["meta-type"]
        if meta in ("command", "event"):
            return self._entries.get(str(entry.get(name))) if not kind and name in ("arg-type", "ret-type") else None
        if meta == "array":
            element = self._entries.get(entry["element-type"])
            return self._follow(element, kind, name) if element is not None else None
        if meta == "alternate":
            for choice in entry["members"]:
                element = self._entries.get(choice["type"])
                found = self._follow(element, kind, name) if element is not None else None
                if found is not None:
                    return found
            return None
        if meta != "object":
            return None
        if kind == "+":
            for variant in entry.get("variants", ()):
                if variant["case"] == name:
                    return self._entries.get(variant["type"])
            return None
        member = self._member(entry, name)
        if member is None or (kind == "*" and "default" not in member):
            return None
        return self._entries.get(member["type"])

    def _member(self, entry: Entry, name: str) -> Entry | None:
        if entry["meta-type"] == "array":
            element = self._entries.get(entry["element-type"])
            return self._member(element, name) if element is not None else None
        for member in entry.get("members", ()):
            if isinstance(member, dict) and member.get("name") == name:
                return member
        return None


def enum_values(entry: Entry) -> list[str]:
    """The words of an enumeration (QEMU 6.2 and later give them with features, in ``members``)."""
    if "members" in entry:
        return [member["name"] for member in entry["members"]]
    return list(entry.get("values", ()))


def _features(entry: Entry) -> set[str]:
    return {feature["name"] if isinstance(feature, dict) else feature for feature in entry.get("features", ())}
