"""What is not documented does not exist: settings, commands, translations."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.web.messages import CHINESE, all_messages, computed, missing
from tests.web.reference import reference
from web.settings import Settings, unknown_variables
from web.texts.i18n import LOCALES, catalogue

ROOT = Path(__file__).parents[2]


def documented() -> dict[str, str]:
    text = (ROOT / "docs" / "settings.md").read_text()
    return dict(re.findall(r"^\| `(MANDATE_\w+)` \| (.+?) \|", text, re.MULTILINE))


def test_every_setting_is_documented_and_no_other() -> None:
    assert list(documented()) == [f"MANDATE_{name.upper()}" for name in Settings.model_fields]


def test_documented_defaults_are_the_defaults() -> None:
    for name, field in Settings.model_fields.items():
        shown = documented()[f"MANDATE_{name.upper()}"]
        default = field.default
        if shown.startswith("`"):
            value = json.dumps(default) if isinstance(default, bool) else str(default)
            assert shown == f"`{value}`", name
        else:
            assert str(default) in ("", "()", "**********"), name


def test_a_mistyped_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATE_DATABSE_URL", "x")
    assert "MANDATE_DATABSE_URL" in unknown_variables()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATE_BASE_URL", "https://vote.example/")
    monkeypatch.setenv("MANDATE_ALLOWED_HOSTS", "a.example, b.example:8443")
    settings = Settings()
    assert settings.https
    assert settings.hosts == {"vote.example", "a.example", "b.example:8443"}
    assert settings.log_origin == "vote.example/mandate"


@pytest.mark.parametrize("url", ["vote.example", "ftp://x", "https://x/path", "https://x?y=z"])
def test_a_base_url_that_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Settings(base_url=url)


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "10.0.0.1, ::/0", "proxy.example"])
def test_nobody_is_believed_of_where_everybody_comes_from(proxies: str) -> None:
    """With `*` whoever asks names the address that is counted."""
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies=proxies)
    assert Settings(trusted_proxies="10.0.0.1, fd00::/8").trusted_proxies


def test_commands_are_documented() -> None:
    """When this fails: python -m tests.web.reference > docs/commands.md"""
    assert (ROOT / "docs" / "commands.md").read_text() == reference()


def test_every_text_has_chinese() -> None:
    """When this fails: python -m tests.web.messages prints what to translate."""
    assert not {text: sorted(files) for text, files in missing().items()}


def test_no_translation_is_left_over() -> None:
    """A text that nobody says any more is taken out of the catalogue."""
    left = catalogue().keys() - all_messages().keys() - computed()
    assert not left


def test_translations_keep_their_places_and_are_chinese() -> None:
    places = re.compile(r"%\((\w+)\)[sd]")
    for english, chinese in catalogue().items():
        assert sorted(set(places.findall(english))) == sorted(set(places.findall(chinese))), english
        if re.search(r"[a-z]{4}", places.sub("", english)):
            assert CHINESE.search(chinese), english


def test_one_text_has_one_translation_in_all_areas() -> None:
    from babel.messages.pofile import read_po

    seen: dict[str, str] = {}
    for path in sorted((LOCALES / "zh").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    text = message.string if isinstance(message.string, str) else message.string[0]
                    assert seen.setdefault(key, text) == text, f"{path.name}: {key}"


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "web/__init__.py"
