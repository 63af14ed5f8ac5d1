"""A site with matters, offices and pictures, for the tests of the pages about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from accountability import imaging
from accountability.models import (
    Picture,
)
from audit.database import Actor
from tests.accountability.images import png
from tests.accountability.world import note
from tests.attacks.objects import World
from tests.web.site import BASE, Browser, Site, quick_passwords, running
from web.settings import Settings

SECRET_CODE = pyotp.random_base32()


@pytest.fixture(scope="module", name="site")
def casework_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("casework"), base_url=BASE, log_level="error", demo=True
    )
    with pytest.MonkeyPatch.context() as patch, running(settings) as made:
        quick_passwords(patch)
        yield made


@pytest.fixture(name="world")
def casework_world(site: Site) -> World:
    made = World(site)
    with site.database.transaction(Actor("test")) as uow:
        uow.session.execute(
            update(Picture)
            .where(Picture.id.in_([made.ids["picture_id"], made.ids["matter_picture"]]))
            .values(content=imaging.clean(png()).content)
        )
        note(uow)
    return made


def send(
    browser: Browser,
    url: str,
    raw: bytes,
    name: str = "x.jpg",
    kind: str = "image/jpeg",
    **form: str,
) -> Any:
    files = {"picture": (name, raw, kind)}
    return browser.submit(url, {"title": "The hole", **form}, files=files)


def pictures_of(site: Site, matter_id: str) -> list[Picture]:
    with site.database.read() as uow:
        query = select(Picture).where(Picture.matter_id == matter_id).order_by(Picture.position)
        found = list(uow.session.scalars(query))
        assert all(p.content is not None for p in found)
        return found
