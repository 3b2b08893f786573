"""From a container image to its tools: fetched by us on a budget, run by podman or docker without a network.

Knows neither how a registry is asked nor how a container is made. Nothing of it stays: container, image and files are
removed on the way out or, when that was killed, by the next crawl.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crawler.introspector import containers, downloads
from crawler.introspector.attempts import Attempts, Filling
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.containers import Container, Engine
from crawler.introspector.image_registry import Image, ImageRegistry, Reference
from crawler.introspector.packages import list_process, require_stdio
from crawler.introspector.sandbox import new_user
from crawler.introspector.session import Listed
from crawler.introspector.workplace import Workplace
from crawler.records import Attempt, Reason, Target

_FOLDER = "image"
"""Where an image is kept until it is loaded; whoever finds it in a workplace knows that there may be a container."""


async def list_image(target: Target, budget: Budget, *, allow_private: bool) -> tuple[Listed, Attempt]:
    """Fetch an image and list its tools. Raises `Stopped` with the most truthful reason that its attempts gave."""
    require_stdio(target)
    engine = await asyncio.to_thread(containers.require)
    attempts = Attempts(target)
    async with _loaded(engine, target, budget, allow_private=allow_private) as (name, image):
        found = await attempts.first_that_lists(_Starts(engine, name, target, image, budget), "bare")
    if found is None:
        raise attempts.truth("")
    return found


def release(place: Path) -> None:
    """Remove what the engine still has of an abandoned workplace."""
    engine = containers.engine()
    if engine is not None and (place / _FOLDER).is_dir():
        engine.remove(containers.name_for(place))


@dataclass(frozen=True, slots=True)
class _Starts:
    """Starts a loaded image without a network, and lists its tools."""

    engine: Engine
    name: str
    target: Target
    image: Image
    budget: Budget

    async def __call__(self, filling: Filling) -> tuple[Listed, Attempt]:
        if not self.image.starts and not filling.arguments:
            raise Stopped(Reason.NO_COMMAND, "the image starts nothing by itself, so nothing was started")
        container = Container(self.engine, self.name, new_user(), filling.values, filling.arguments)
        listed = await list_process(partial(containers.running, container, self.budget), self.budget)
        return listed, Attempt(filling.name, self._command_line(filling), self.image.digest)

    def _command_line(self, filling: Filling) -> str:
        """Return the command for whoever wants to repeat it: the limits are ours, the network and the values matter."""
        words = [self.engine.name, "run", "--rm", "--interactive", "--network=none", "--read-only"]
        words += [f"--env={name}={value}" for name, value in sorted(filling.values.items())]
        return shlex.join([*words, f"{self.target.address}@{self.image.digest}", *filling.arguments])


@asynccontextmanager
async def _loaded(
    engine: Engine, target: Target, budget: Budget, *, allow_private: bool
) -> AsyncIterator[tuple[str, Image]]:
    """Fetch an image and load it under the name that is given with it."""
    reference = Reference.of(target)
    workplace = await asyncio.to_thread(Workplace)
    name = containers.name_for(workplace.path)
    try:
        try:
            async with asyncio.timeout(budget.install_seconds):
                image = await _fetched(reference, workplace.path, budget, allow_private=allow_private)
        except TimeoutError:
            late = f"took longer than {budget.install_seconds:.0f} s to fetch"
            raise Stopped(Reason.INSTALL_FAILED, late) from None
        archive = _archive(workplace.path)
        await asyncio.to_thread(engine.load, archive, budget.install_seconds)
        archive.unlink()  # the engine has its own copy now
        yield name, image
    finally:
        await asyncio.shield(asyncio.to_thread(_clear, engine, name, workplace))


async def _fetched(reference: Reference, place: Path, budget: Budget, *, allow_private: bool) -> Image:
    archive = _archive(place)
    archive.parent.mkdir(mode=0o700)
    async with downloads.opened(budget, allow_private=allow_private) as client:
        registry = ImageRegistry(client, reference, budget)
        image = await registry.resolve()
        await registry.save(image, archive, containers.image_tag(containers.name_for(place)))
    return image


def _archive(place: Path) -> Path:
    return place / _FOLDER / "image.tar"


def _clear(engine: Engine, name: str, workplace: Workplace) -> None:
    engine.remove(name)
    workplace.remove()
