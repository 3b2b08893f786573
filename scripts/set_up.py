"""Makes the development environment in `.venv` from `requirements.lock`, and finds the sandbox; or makes that lock.

`make` runs it: `set_up.py` and `set_up.py lock`.

Standard library only: it runs on the Python that the machine has. Registry addresses are nobody's business here: pip
and uv know them from the user's configuration, and what only pip was told is passed on to uv.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "requirements.lock"

# pip's setting -> uv's variable, and what stands between several values.
UV_OF_PIP = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", ""),
}
UV_CONFIGURED = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE")


def main(arguments: Sequence[str]) -> int:
    """Set up everything, or lock; return an exit code."""
    steps = (lock,) if arguments == ["lock"] else (make_environment, install, find_sandbox)
    try:
        for step in steps:
            step()
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def lock() -> None:
    """Resolve the newest dependencies for every Python and platform; no address and no path gets into the file.

    Only the index proper is asked: a local folder of wheels holds one platform's, and the lock would lack the others.
    """
    what = ("pyproject.toml", "--group", "dev", "--all-extras", "--universal", "--python-version", "3.11")
    how = ("--upgrade", "--generate-hashes", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet")
    name = ("--custom-compile-command", "make lock", "--output-file", LOCK.name)
    environment = uv_environment("index-url", "trusted-host", "cert")
    run(PYTHON, "-m", "uv", "pip", "compile", *what, *how, *name, environment=environment)


def make_environment() -> None:
    """Make `.venv`, unless one that works is there."""
    if (
        not PYTHON.exists()
        or subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode
    ):
        venv.create(ENVIRONMENT, clear=True, symlinks=True, with_pip=True)


def install() -> None:
    """Install uv through pip, the rest through uv, each by the hashes of the lock, and this project as it stands."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as first:
        first.write(locked("uv"))
        first.flush()
        run(PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", first.name)
    uv = (PYTHON, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON)
    environment = uv_environment(*UV_OF_PIP)
    run(*uv, "--require-hashes", "-r", LOCK, environment=environment)
    run(*uv, "--no-deps", "--no-build-isolation", "--editable", ROOT, environment=environment)
    run(PYTHON, "-m", "compileall", "-q", "catalogue", "classifier", "crawler")


def locked(name: str) -> str:
    """One requirement of the lock, with its hashes."""
    block = re.search(rf"^{name}==(.*\\\n)*.*\n", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if block is None:
        raise SystemExit(f"{LOCK.name} does not name {name}: run `make lock`")
    return block[0]


def uv_environment(*settings: str) -> dict[str, str]:
    """The environment for uv: ours, with these settings of pip unless uv has its own."""
    environment = dict(os.environ)
    if not uv_is_configured(environment):
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip does; the hashes say which file is right
        for setting, value in pip_settings(settings).items():
            variable, separator = UV_OF_PIP[setting]
            environment.setdefault(variable, separator.join(value.split()) if separator else value)
    return environment


def uv_is_configured(environment: Mapping[str, str]) -> bool:
    """Whether the user told uv where to look."""
    home = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = (home / "uv" / "uv.toml", Path("/etc/uv/uv.toml"), Path("/etc/xdg/uv/uv.toml"))
    return any(environment.get(name) for name in UV_CONFIGURED) or any(file.exists() for file in files)


def pip_settings(wanted: Container[str]) -> dict[str, str]:
    """What pip was told of these settings. The later of pip's sections wins: global, install, environment."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section) and key.removeprefix(section) in wanted:
                found[key.removeprefix(section)] = str(ast.literal_eval(value))
    return found


def find_sandbox() -> None:
    """Have bubblewrap, or say in one line how to get it: without it packages are listed, and not introspected."""
    if shutil.which("bwrap") or not sys.platform.startswith("linux"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get") and install_by_apt("bubblewrap"):
        return
    sys.stderr.write(
        "bubblewrap is missing, so packages will not be introspected (no-sandbox): install the package `bubblewrap`\n"
    )


def install_by_apt(package: str) -> bool:
    """Install a Debian package, quietly; return whether that worked."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    add = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    succeeded = False
    try:
        for command in (add, ["apt-get", "update"], add):  # package lists may be missing or old
            if not succeeded:
                ended = subprocess.run(
                    command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=180
                )
                succeeded = command is add and ended.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    return succeeded


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> None:
    """Run one step; its failure ends the set-up with its own words and exit code."""
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
