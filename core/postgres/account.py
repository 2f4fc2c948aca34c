"""The operating-system account that the embedded Postgres runs as, and its way through the folders above its files.

Postgres refuses to run as root. A newcomer in a container or on a fresh server often is root, and often has cloned into
`/root`, which no other account may enter. So as root the server runs as the account `pgserver`, and that account alone is
given the right to pass through (not to list) such a folder, by an entry in the folder's POSIX access control list.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Environment

SERVER_ACCOUNT = "pgserver"
_OWN_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
"""All that the server inherits: no PG* variable, no key and no library path of the user's shell reaches it."""

# linux/posix_acl_xattr.h: a version word, then (tag, permissions, id) entries ordered by tag and id.
_ACL_NAME = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_ACL_ENTRY = struct.Struct("<HHI")
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_SEARCH = 1


@dataclass(frozen=True)
class Account:
    """An account of the operating system, and whether we must switch to it."""

    name: str
    uid: int
    gid: int
    is_other: bool

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in `/`, with a bare environment; return its exit status and joined output."""
        return subprocess.run(  # noqa: S603
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_OWN_ENVIRONMENT,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def can(self, test: str, path: Path) -> bool:
        """Answer `test -x path`, `test -r path` and the like from this account's view."""
        return self.run(["/bin/sh", "-c", f'test {test} "$1"', "sh", path]).returncode == 0

    def open_way(self, path: Path) -> None:
        """Make the folders above `path` passable for this account.

        Raises Environment where the file system keeps no access control lists.
        """
        if not self.is_other:
            return
        for folder in reversed(path.absolute().parents):
            if self.can("-x", folder):
                continue
            with contextlib.suppress(OSError):  # not every file system has the lists: the test below tells
                _allow_search(folder, self.uid)
            if not self.can("-x", folder):
                raise Environment(
                    f"The database server runs as {self.name!r}, which may not enter {folder}.",
                    f"Run `chmod o+x {folder}`, or move the project or YTEMPIRE_HOME out of it.",
                )


def server_account() -> Account:
    """The current account, or as root the account `pgserver`, which is made on first use."""
    uid = os.geteuid()
    if uid != 0:
        return Account(str(uid), uid, os.getegid(), is_other=False)
    entry = _look_up(SERVER_ACCOUNT)
    if entry is None:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SERVER_ACCOUNT]
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()  # noqa: S603
        except FileNotFoundError:
            output = "the program useradd is missing"
        entry = _look_up(SERVER_ACCOUNT)  # also there when a parallel start made it
        if entry is None:
            raise Environment(
                f"Postgres refuses to run as root, and the account {SERVER_ACCOUNT!r} cannot be made: {output}.",
                "Run as another user than root, or set DATABASE_URL.",
            )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, is_other=True)


def _look_up(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _allow_search(folder: Path, uid: int) -> None:
    """Add `user:<uid>:--x` to a folder's access control list. Raises OSError where there are no such lists."""
    mode = folder.stat().st_mode
    try:
        raw = os.getxattr(folder, _ACL_NAME)
        entries = [_ACL_ENTRY.unpack_from(raw, at) for at in range(len(_ACL_VERSION), len(raw), _ACL_ENTRY.size)]
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        entries = [
            (_USER_OBJ, mode >> 6 & 7, _NO_ID),
            (_GROUP_OBJ, mode >> 3 & 7, _NO_ID),
            (_MASK, mode >> 3 & 7, _NO_ID),
            (_OTHER, mode & 7, _NO_ID),
        ]
    kept = [entry for entry in entries if not (entry[0] == _USER and entry[2] == uid)]
    # The mask limits what named users get, so it must hold the search bit too.
    opened = [(tag, rights | _SEARCH if tag == _MASK else rights, owner) for tag, rights, owner in kept]
    opened.append((_USER, _SEARCH, uid))
    opened.sort(key=lambda entry: (entry[0], entry[2]))
    os.setxattr(folder, _ACL_NAME, _ACL_VERSION + b"".join(_ACL_ENTRY.pack(*entry) for entry in opened))
