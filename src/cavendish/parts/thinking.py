"""Who understands the words, looks facts up and reads pictures for an installation."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from cavendish.engines.base import Engine
from cavendish.engines.deferred import Deferred
from cavendish.errors import ConfigError
from cavendish.settings import Settings
from cavendish.thinking import ocr
from cavendish.thinking.grounding import Provider
from cavendish.thinking.language import LanguageModel
from cavendish.thinking.local import LocalModel, Speaks


def language_model(settings: Settings, engines: Mapping[str, Engine]) -> LanguageModel | None:
    """The language model that plans and checks, None without one. Raises ConfigError."""
    if settings.llm_local:
        return _local_model(settings, engines)
    if not settings.llm_url:
        return None
    if not settings.llm_model:
        raise ConfigError("CAVENDISH_LLM_URL is set, but not which model to ask", hint="set CAVENDISH_LLM_MODEL")
    from cavendish.thinking.chat import chat_model  # urllib3 and ssl: nobody without an endpoint waits for them

    return chat_model(settings.llm_url, settings.llm_key, settings.llm_model, vision=settings.llm_vision,
                      timeout_s=settings.llm_timeout_s)


def _local_model(settings: Settings, engines: Mapping[str, Engine]) -> LanguageModel:
    """The text encoder of flash as the language model. Raises ConfigError where there are no weights to speak."""
    flash = engines.get("flash")
    if settings.llm_url or not isinstance(flash, Deferred):
        why = "CAVENDISH_LLM_URL is set, too" if settings.llm_url else "no weights serve flash here"
        raise ConfigError(f"CAVENDISH_LLM_LOCAL=on, but {why}",
                          hint="choose one of them" if settings.llm_url else "cavendish models pull flash")
    return LocalModel(f"the text encoder of {flash.profile.name}", lambda: cast(Speaks, flash.ready()))


def search_providers(settings: Settings) -> tuple[Provider, ...]:
    """Who looks facts up, in order: the user's own catalog, then the service that was chosen. Raises ConfigError."""
    found: list[Provider] = []
    if settings.catalog:
        from cavendish.thinking.grounding_catalog import open_catalog  # sqlite3: only who has a catalog waits for it

        found.append(open_catalog(Path(settings.catalog).expanduser(), settings.data_dir / "catalog-index.db"))
    if settings.search not in ("", "catalog"):
        from cavendish.thinking.grounding_web import web_search  # urllib3 and ssl

        found.append(web_search(settings.search, settings.search_url, settings.search_key, settings.search_timeout_s))
    return tuple(found)


def reader() -> ocr.TextReader | None:
    """OCR where its extra is installed; its models are not loaded before a text has to be read."""
    return ocr.RapidReader() if ocr.installed() else None
