"""The settings of a deployment: the only place that reads the environment."""

from __future__ import annotations

import hashlib
import json
import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from audit.clock import zone_of


class Settings(BaseSettings):
    """Each field is an environment variable with the prefix `MANDATE_`; see docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="MANDATE_", env_file=None, extra="forbid")

    data_dir: Path = Path("var")
    database_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: str = "127.0.0.1"

    log_origin: str = ""

    organisation_zh: str = "示范组织"
    organisation_en: str = "Example organisation"
    language: Literal["zh", "en"] = "zh"
    timezone: str = "Asia/Shanghai"

    mail: Literal["outbox", "smtp"] = "outbox"
    mail_from: str = "mandate@localhost"
    mail_bounces: str = ""
    bounces_dir: str = ""
    smtp_host: str = "localhost"
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")

    session_days: int = Field(default=1, ge=1, le=30)
    link_hours: int = Field(default=72, ge=1, le=24 * 30)
    max_body_kib: int = Field(default=1024, ge=64)
    max_upload_mib: int = Field(default=32, ge=1)
    body_timeout: float = Field(default=30.0, gt=0)
    max_requests: int = Field(default=24, ge=1, le=36)
    tick_seconds: float = Field(default=5.0, gt=0)
    tsa_url: str = ""
    checker_url: str = ""
    witness_per_day: int = Field(default=8640, ge=1)

    demo: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @field_validator("base_url")
    @classmethod
    def _only_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an origin such as https://vote.example")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("must have no path: the site is served at the root of its host")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("checker_url")
    @classmethod
    def _a_page(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be an address such as https://auditor.example/check/")
        return value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _never_everybody(cls, value: str) -> str:
        """Who is believed says where a request comes from, and so walks round every throttle."""
        for each in filter(None, map(str.strip, value.split(","))):
            try:
                everybody = ip_network(each).prefixlen == 0
            except ValueError as error:
                raise ValueError(f"{each} is neither an address nor a network") from error
            if everybody:
                raise ValueError("must name the servers in front, and not everybody")
        return value

    @field_validator("mail_bounces")
    @classmethod
    def _one_address(cls, value: str) -> str:
        local, at, domain = value.partition("@")
        if value and not (local and at and domain and value.isascii() and value.isprintable()):
            raise ValueError("must be an address such as bounces@vote.example")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone_of(value)
        return value

    @model_validator(mode="after")
    def _defaults(self) -> Self:
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir / 'mandate.sqlite'}"
        if not self.log_origin:
            self.log_origin = f"{urlsplit(self.base_url).hostname}/mandate"
        return self

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.timezone)

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def passkey_host(self) -> str:
        """The name that passkeys are bound to (WebAuthn, "RP ID"); empty where browsers take none:
        they want a name and no address, over HTTPS or on the person's own machine."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            return host if self.https or host == "localhost" else ""
        return ""

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host header may say, with the port where it is not the default one."""
        return frozenset(
            {urlsplit(self.base_url).netloc.lower(), *map(str.lower, self.allowed_hosts)}
        )

    @property
    def secret_file(self) -> Path:
        return self.data_dir / "secret.key"

    @property
    def outbox_dir(self) -> Path:
        return self.data_dir / "outbox"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "log"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"

    def public_hash(self) -> str:
        """Names the configuration in the log, so a change of it shows; secrets are not in it."""
        shown = self.model_dump(mode="json", exclude={"smtp_password", "database_url"})
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def unknown_variables() -> list[str]:
    """What looks like a setting and is none: most likely mistyped."""
    known = {f"MANDATE_{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith("MANDATE_") and name not in known)
