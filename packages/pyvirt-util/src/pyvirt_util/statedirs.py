"""Where an instance of pyvirt keeps its files. This module alone knows these paths.

=========  ======================  ==============================  ==========
directory  system                  session                         embed
=========  ======================  ==============================  ==========
config     /etc/pyvirt             $XDG_CONFIG_HOME/pyvirt         ROOT/etc
runtime    /run/pyvirt             $XDG_RUNTIME_DIR/pyvirt         ROOT/run
state      /var/lib/pyvirt         $XDG_DATA_HOME/pyvirt           ROOT/lib
log        /var/log/pyvirt         $XDG_STATE_HOME/pyvirt/log      ROOT/log
cache      /var/cache/pyvirt       $XDG_CACHE_HOME/pyvirt          ROOT/cache
=========  ======================  ==============================  ==========

Below each of them every driver has its own folder (``qemu``, ``lxc``, ``network``).
"""

from __future__ import annotations

import os
import stat

from pyvirt_util.errors import InvalidArgError, OperationDeniedError, system_error
from pyvirt_util.files import ensure_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

_KINDS = ("config", "runtime", "state", "log", "cache")
_SYSTEM = ("/etc/pyvirt", "/run/pyvirt", "/var/lib/pyvirt", "/var/log/pyvirt", "/var/cache/pyvirt")
_EMBED = ("etc", "run", "lib", "log", "cache")


class Instance:
    """One set of directories: guests of one instance are unknown to the others. Compared by its directories.

    ``name`` is ``system``, ``session`` or ``embed``; ``root`` is the directory of an embedded one, else ``None``.
    """

    __slots__ = ("_private", "_roots", "name", "root")

    def __init__(self, name: str, roots: tuple[str, str, str, str, str], *, private: bool, root: str | None) -> None:
        self.name = name
        self.root = root
        self._roots = roots
        self._private = private

    @classmethod
    def system(cls) -> Instance:
        """The machine's instance, root's."""
        return cls("system", _SYSTEM, private=False, root=None)

    @classmethod
    def session(cls) -> Instance:
        """The calling user's instance, by the XDG base directory specification.

        Without a usable ``XDG_RUNTIME_DIR`` the runtime files live in the cache directory, as GLib does it.
        """
        env = os.environ
        home = env.get("HOME") or _home_of_user()
        cache = _xdg("XDG_CACHE_HOME", f"{home}/.cache")
        run = _xdg("XDG_RUNTIME_DIR", "")
        runtime = f"{run}/pyvirt" if run else f"{cache}/pyvirt/run"
        roots = (
            _xdg("XDG_CONFIG_HOME", f"{home}/.config") + "/pyvirt",
            runtime,
            _xdg("XDG_DATA_HOME", f"{home}/.local/share") + "/pyvirt",
            _xdg("XDG_STATE_HOME", f"{home}/.local/state") + "/pyvirt/log",
            f"{cache}/pyvirt",
        )
        return cls("session", roots, private=True, root=None)

    @classmethod
    def embed(cls, root: str | PathLike[str]) -> Instance:
        """An instance that keeps everything below one directory.

        :raises InvalidArgError: when the path is not absolute.
        """
        path = os.fspath(root)
        if not path.startswith("/"):
            raise InvalidArgError(f"root directory '{path}' is not an absolute path")
        path = os.path.normpath(path)
        config, runtime, state, log, cache = (os.path.join(path, name) for name in _EMBED)
        return cls("embed", (config, runtime, state, log, cache), private=True, root=path)

    @classmethod
    def for_uri_path(cls, path: str | None, params: Mapping[str, str] | None = None) -> Instance:
        """The instance a connection URI means: ``/system``, ``/session``, or ``/embed`` with the parameter ``root``.

        An empty path or ``/`` means the system's for root and the session's for everybody else.

        :raises InvalidArgError: for any other path, and for ``/embed`` without an absolute ``root``.
        """
        if path in (None, "", "/"):
            return cls.system() if os.geteuid() == 0 else cls.session()
        if path == "/system":
            return cls.system()
        if path == "/session":
            return cls.session()
        if path == "/embed":
            root = (params or {}).get("root")
            if not root:
                raise InvalidArgError("the URI path '/embed' needs the parameter root=DIR")
            return cls.embed(root)
        raise InvalidArgError(f"unexpected URI path '{path}', try /system, /session or /embed?root=DIR")

    @property
    def privileged(self) -> bool:
        """Whether the calling process may do what root may."""
        return os.geteuid() == 0

    def directories(self, driver: str) -> Directories:
        """The driver's folders. They are created when they are first asked for."""
        if not driver or "/" in driver or driver in (".", ".."):
            raise InvalidArgError(f"'{driver}' cannot name a state directory")
        return Directories(self, driver)

    def path(self, kind: str, driver: str) -> str:
        """The path of one folder (``config``, ``runtime``, ``state``, ``log`` or ``cache``), which may not exist."""
        return f"{self._roots[_KINDS.index(kind)]}/{driver}"

    def create(self, kind: str, driver: str) -> str:
        """As :meth:`path`; the folder is there and safe afterwards.

        :raises SystemCallError: when it can't be made.
        :raises OperationDeniedError: when it is another user's, or not a directory: see :func:`ensure_directory`.
        """
        path = self.path(kind, driver)
        ensure_directory(path, self._private)
        return path

    def __eq__(self, other: object) -> bool:
        return self._roots == other._roots if isinstance(other, Instance) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._roots)

    def __str__(self) -> str:
        return self.name if self.root is None else f"{self.name}:{self.root}"

    def __repr__(self) -> str:
        return f"<Instance {self}>"


class Directories:
    """A driver's five folders as absolute paths. Asking for one creates it, with mode 0700."""

    __slots__ = ("_made", "driver", "instance")

    def __init__(self, instance: Instance, driver: str) -> None:
        self.instance = instance
        self.driver = driver
        self._made: dict[str, str] = {}

    def _folder(self, kind: str) -> str:
        path = self._made.get(kind)
        if path is None:
            path = self._made[kind] = self.instance.create(kind, self.driver)
        return path

    @property
    def config(self) -> str:
        """Persistent definitions."""
        return self._folder("config")

    @property
    def runtime(self) -> str:
        """What a reboot ends: status of running guests, sockets, pid files."""
        return self._folder("runtime")

    @property
    def state(self) -> str:
        """Data made by pyvirt: firmware variables, saved guests, images."""
        return self._folder("state")

    @property
    def log(self) -> str:
        """Logs, one per guest."""
        return self._folder("log")

    @property
    def cache(self) -> str:
        """What can be found out again, such as the capabilities of a QEMU binary."""
        return self._folder("cache")

    def __repr__(self) -> str:
        return f"<Directories {self.driver} of {self.instance}>"


def ensure_directory(path: str, private: bool = True, mode: int = 0o700) -> None:
    """Make the directory and what is missing above it, all with ``mode``.

    ``private``: what is there already must be the calling user's and nobody else may write to it. Otherwise root's will
    do as well. A symbolic link counts by what it leads to, unless somebody else made it.

    :raises OperationDeniedError: when it is not safe to use.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        ensure_folder(os.path.dirname(path), mode)
        try:
            os.mkdir(path, mode)
            return
        except FileExistsError:  # another process made it: check whose it is
            pass
        except OSError as error:
            raise system_error(f"create directory '{path}'", error) from error
        status = os.lstat(path)
    except OSError as error:
        raise system_error(f"use directory '{path}'", error) from error
    user = os.geteuid()
    owners = (user,) if private else (user, 0)
    if stat.S_ISLNK(status.st_mode):
        if status.st_uid not in (user, 0):
            raise OperationDeniedError(f"directory '{path}' is a link made by user {status.st_uid}")
        try:
            status = os.stat(path)
        except OSError as error:
            raise system_error(f"use directory '{path}'", error) from error
    if not stat.S_ISDIR(status.st_mode):
        raise OperationDeniedError(f"'{path}' is not a directory")
    if status.st_uid not in owners:
        raise OperationDeniedError(f"directory '{path}' belongs to user {status.st_uid}, not to {user}")
    if private and status.st_mode & 0o002:
        raise OperationDeniedError(f"directory '{path}' can be written by everybody", hint=f"chmod o-w '{path}'")


def _xdg(variable: str, default: str) -> str:
    """A base directory; the specification says to ignore relative ones."""
    value = os.environ.get(variable, "")
    return value.rstrip("/") if value.startswith("/") and value.strip("/") else default


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        raise InvalidArgError(f"user {os.geteuid()} has no home directory and HOME is not set") from None
