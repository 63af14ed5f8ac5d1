"""Every table of the product, for the migrations: importing this module registers them all."""

from __future__ import annotations

import accountability.models
import audit.models
import voting.models
import voting.registry.models
import voting.two_people
import web.identity.models

ROOMS = (
    accountability.models,
    audit.models,
    voting.models,
    voting.registry.models,
    voting.two_people,
    web.identity.models,
)
