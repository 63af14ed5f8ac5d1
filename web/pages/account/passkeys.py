"""A person's passkeys: rename and remove them. Adding one needs the browser's script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from web.http.dependencies import AppKeys, CurrentAccount, Uow, require
from web.http.rendering import flash, see_other
from web.identity import passkeys
from web.texts.i18n import _

router = APIRouter(prefix="/account/passkeys", dependencies=[require()])


@router.post("/{passkey_id}/name")
def rename(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    account: CurrentAccount,
    passkey_id: str,
    name: Annotated[str, Form(max_length=400)],
) -> Response:
    passkeys.rename(uow, keys, account.account_id, passkey_id, name)
    flash(request, _("The passkey has its new name."))
    return see_other("/account")


@router.post("/{passkey_id}/remove")
def remove(
    request: Request, uow: Uow, keys: AppKeys, account: CurrentAccount, passkey_id: str
) -> Response:
    passkeys.remove(uow, keys, account.account_id, passkey_id)
    flash(request, _("The passkey is removed. Nobody can sign in with it any more."))
    return see_other("/account")
