"""Passkeys (WebAuthn): a key of the person's device in place of password and one-time code.

Needs the extra `passkeys` (webauthn) and a site with a name, see Settings.passkey_host; without
either the pages say nothing of it. A passkey counts as both factors, because the device has to
verify the person each time: an answer without that flag is refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from audit.database import UnitOfWork
from audit.errors import Conflict, Invalid, NotFound
from web.identity import accounts, entries, links
from web.identity.challenges import ADD, USE, make_challenge, take_challenge
from web.identity.keys import Keys
from web.identity.models import ACTIVE, Account, Passkey
from web.identity.sign_in import SignedIn, admit
from web.settings import Settings
from web.texts.i18n import N_, local

MOST = 10  # of one account
MAX_NAME = 60
TIMEOUT = 120_000  # milliseconds that the browser gives the person
MAX_CREDENTIAL = 1400  # characters: 1023 bytes in base64url (WebAuthn, 5.8.3)

T = TypeVar("T")


def offered(settings: Settings) -> bool:
    return bool(settings.passkey_host) and find_spec("webauthn") is not None


def require_offered(settings: Settings) -> None:
    if not offered(settings):
        raise NotFound(N_("This site takes no passkeys."))


def own(uow: UnitOfWork, account_id: str) -> Sequence[Passkey]:
    query = select(Passkey).where(Passkey.account_id == account_id)
    return uow.session.scalars(query.order_by(Passkey.name, Passkey.id)).all()


def user_handle(keys: Keys, account_id: str) -> bytes:
    """What devices know the account by (WebAuthn, 6.1): tells nothing, and is stored nowhere."""
    return bytes.fromhex(keys.mac("passkey-user", account_id))


# --- adding


def begin_adding(
    uow: UnitOfWork,
    keys: Keys,
    settings: Settings,
    account_id: str,
    browser: str,
    *,
    password: str,
    code: str,
) -> str:
    """What the browser is to make, as JSON; only right after password and code were checked.

    The challenge in it is the proof of that: `add` takes no other. Raises Invalid, Conflict.
    """
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    account = uow.lock(Account, account_id)
    links.prove(uow, keys, account, password, code)
    have = own(uow, account_id)
    _require_room(len(have))
    options = generate_registration_options(
        rp_id=settings.passkey_host,
        rp_name=local(settings, "organisation"),
        user_id=user_handle(keys, account_id),
        user_name=account.login,
        challenge=make_challenge(keys, ADD, browser, account_id, uow.now),
        timeout=TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential)) for row in have
        ],
        supported_pub_key_algs=[
            Algorithm.EDDSA,
            Algorithm.ECDSA_SHA_256,
            Algorithm.RSASSA_PKCS1_v1_5_SHA_256,
        ],
    )
    return options_to_json(options)


def _require_room(have: int) -> None:
    if have >= MOST:
        raise Conflict(N_("An account has at most %(most)s passkeys."), most=MOST)


def add(
    uow: UnitOfWork,
    keys: Keys,
    settings: Settings,
    account_id: str,
    browser: str,
    *,
    name: str,
    credential: dict[str, Any],
) -> Passkey:
    """Keep the public half of what the browser made. Raises Invalid, Conflict."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    account = uow.lock(Account, account_id)
    name = checked_name(name)
    challenge = _challenge_in(credential)
    taken = take_challenge(uow, keys, challenge, ADD, browser, account_id)
    plain = _checked(lambda: _without_vendor(credential))
    found = plain and _checked(
        lambda: verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_host,
            expected_origin=settings.base_url,
            require_user_verification=True,
        )
    )
    if not taken or not found:
        raise Invalid(N_("The passkey could not be added. Please begin again."))
    _require_room(uow.session.scalar(_count(account_id)) or 0)
    made = Passkey(
        account_id=account_id,
        credential=bytes_to_base64url(found.credential_id),
        public_key=bytes_to_base64url(found.credential_public_key),
        sign_count=found.sign_count,
        name=name,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(made)
    except IntegrityError:  # known already, here or in another account: the same words for both
        raise Invalid(N_("The passkey could not be added. Please begin again.")) from None
    _record(uow, keys, account, "added")
    return made


def _count(account_id: str) -> Any:
    return select(func.count()).where(Passkey.account_id == account_id)


def _without_vendor(credential: dict[str, Any]) -> bool:
    """We ask for no attestation; what brings one all the same is not parsed any further."""
    from webauthn.helpers import base64url_to_bytes, parse_attestation_object
    from webauthn.helpers.structs import AttestationFormat

    raw = base64url_to_bytes(credential["response"]["attestationObject"])
    plain = (AttestationFormat.NONE, AttestationFormat.PACKED)
    return parse_attestation_object(raw).fmt in plain


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid(N_("Give the passkey a name of at most 60 characters."), field="name")
    return name


# --- signing in


def begin_signing_in(uow: UnitOfWork, keys: Keys, settings: Settings, browser: str) -> str:
    """What the browser is to sign, as JSON. It names no account: the device knows which it has."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=settings.passkey_host,
        challenge=make_challenge(keys, USE, browser, "", uow.now),
        timeout=TIMEOUT,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def sign_in(
    uow: UnitOfWork,
    keys: Keys,
    settings: Settings,
    browser: str,
    *,
    credential: dict[str, Any],
    device: str,
) -> SignedIn | None:
    """A new session, or None. Nothing here depends on what was wrong.

    None is to be committed as well: the challenge is used up, whatever came with it.
    """
    challenge = _challenge_in(credential)
    taken = take_challenge(uow, keys, challenge, USE, browser, "")
    known = _known(uow, credential)
    if not taken or known is None:
        return None
    account = uow.lock(Account, known.account_id)
    passkey = uow.session.get(Passkey, known.id, with_for_update=True, populate_existing=True)
    if passkey is None:  # removed in this moment
        return None
    count = _verified_count(keys, settings, passkey, credential, challenge)
    if count is None or account.state != ACTIVE:
        return None
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        _record(uow, keys, account, "counter went back")
        return None
    passkey.sign_count, passkey.last_used = count, uow.today
    return admit(uow, settings, account, device)


def _verified_count(
    keys: Keys, settings: Settings, passkey: Passkey, credential: dict[str, Any], challenge: bytes
) -> int | None:
    """The counter in an answer of this passkey, or None when the answer is not right."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes

    verified = _checked(
        lambda: verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_host,
            expected_origin=settings.base_url,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,  # compared by the caller, who logs what went back
            require_user_verification=True,
        )
    )
    handle = _checked(lambda: base64url_to_bytes(credential["response"]["userHandle"]))
    ours = hmac.compare_digest(handle or b"", user_handle(keys, passkey.account_id))
    return verified.new_sign_count if verified and ours else None


def _known(uow: UnitOfWork, credential: dict[str, Any]) -> Passkey | None:
    wanted = credential.get("id")
    if not isinstance(wanted, str) or len(wanted) > MAX_CREDENTIAL or not wanted.isascii():
        return None
    return uow.session.scalar(select(Passkey).where(Passkey.credential == wanted))


def _challenge_in(credential: dict[str, Any]) -> bytes:
    """The challenge that an answer says it is for; nothing is checked yet."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    def read() -> bytes:
        raw = base64url_to_bytes(credential["response"]["clientDataJSON"])
        return parse_client_data_json(raw).challenge

    return _checked(read) or b""


def _checked(work: Callable[[], T]) -> T | None:
    """None for whatever a hostile answer makes of the parsers of the library and of CBOR."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return work()
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


# --- keeping


def rename(uow: UnitOfWork, keys: Keys, account_id: str, passkey_id: str, name: str) -> None:
    passkey = _own(uow, account_id, passkey_id)
    passkey.name = checked_name(name)
    _record(uow, keys, accounts.get(uow, account_id), "renamed")


def remove(uow: UnitOfWork, keys: Keys, account_id: str, passkey_id: str) -> None:
    uow.session.delete(_own(uow, account_id, passkey_id))
    _record(uow, keys, accounts.get(uow, account_id), "removed")


def _own(uow: UnitOfWork, account_id: str, passkey_id: str) -> Passkey:
    passkey = uow.session.get(Passkey, passkey_id)
    if passkey is None or passkey.account_id != account_id:
        raise NotFound(N_("There is no such passkey."))
    return passkey


def _record(uow: UnitOfWork, keys: Keys, account: Account, what: str) -> None:
    subject = accounts.subject_of(keys, account)
    uow.record(entries.PasskeyChanged(account=subject, what=what))
