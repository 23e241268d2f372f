"""Settings: read once from a mapping, frozen; an unknown CAVENDISH_ name is an error, not a silence."""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cavendish.errors import ConfigError
from cavendish.types import MASKED_WATERMARKS, MIME_TYPES

PREFIX = "CAVENDISH_"
FETCH_MODES = ("off", "https", "http")
SEARCHERS = ("searxng", "brave", "tavily", "catalog")
_HOME = Path("~/.cavendish")


def _setting(default: Any, text: str, *, secret: bool = False) -> Any:  # noqa: ANN401  dataclasses.field is untyped too
    return field(default=default, repr=not secret, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person can configure. Each field is the variable CAVENDISH_<NAME>; tests pass a dict."""

    # the server
    host: str = _setting("127.0.0.1", "address the server listens on")
    port: int = _setting(8787, "port the server listens on; 0 picks a free one")
    data: Path = field(default=_HOME, metadata={"help": "folder for rows, pictures and the sealing secret"})
    public_url: str = _setting("", "base URL that links in answers use; empty = taken from the request")
    api_keys: tuple[str, ...] = _setting((), "comma-separated API keys; required off loopback", secret=True)
    commercial_keys: tuple[str, ...] = _setting((), "API keys that use pictures commercially: weights whose licence forbids it "
                                                    "refuse them; * = every caller", secret=True)
    cors_origins: str = _setting("", "browser origins allowed, comma separated, * = any; empty = loopback pages only")
    url_ttl_s: int = _setting(3600, "how long a picture URL works, in seconds")
    default_mime: str = _setting("image/png", "encoding where the caller has no say: image/png, image/jpeg, image/webp")
    log_level: str = _setting("info", "debug, info, warning or error")
    log_prompts: bool = _setting(False, "write prompts into the log")

    # requests: how many, how long, how large
    workers: int = _setting(2, "requests that compute here at once; who waits for a decoder, GPU or upstream does not count")
    queue_size: int = _setting(64, "requests that may wait; the next one gets 429")
    deadline_s: float = _setting(600.0, "longest a request may take, in seconds")
    keepalive_s: float = _setting(15.0, "silence after which a slow answer starts sending blank lines, in seconds")
    max_body_mb: int = _setting(100, "largest request body, in MiB")
    cache_mb: int = _setting(256, "finished pictures kept in memory for repeats of seeded requests, in MiB; 0 = off")

    # input pictures
    intake_workers: int = _setting(3, "processes that open input pictures; 0 = opened in the server, without limits")
    fetch_urls: str = _setting("off", "fetch pictures that callers name by URL: off, https, or http (which is both)")
    fetch_hosts: tuple[str, ...] = _setting((), "comma-separated hosts to fetch from, *.example.com for subdomains; empty = "
                                                "any public host")

    # which engine draws
    chains: str = _setting("", "engines for a model in order, such as flash=server>comp, gemini-3-pro-image=google>comp")
    strict_models: bool = _setting(False, "answer 404 instead of falling back to another engine")

    # engines elsewhere
    google_api_key: str = _setting("", "key of the Gemini API: Google then draws for its own models", secret=True)
    google_base_url: str = _setting("https://generativelanguage.googleapis.com", "where the Gemini API is")
    google_model: str = _setting("gemini-3.1-flash-image", "the model that is asked there")
    openai_api_key: str = _setting("", "key of OpenAI: it then draws for its own models", secret=True)
    openai_base_url: str = _setting("https://api.openai.com/v1", "where OpenAI's API is")
    openai_model: str = _setting("gpt-image-2.6-sunburst", "the model that is asked there")
    server_url: str = _setting("", "base URL, with /v1, of a server with OpenAI's image routes; it stands in for flash, pro")
    server_api_key: str = _setting("", "key of that server, if it asks for one", secret=True)
    server_model: str = _setting("", "the model that is asked there")
    remote_timeout_s: float = _setting(300.0, "longest silence of a remote engine, in seconds")

    # open weights
    models: str = _setting("", "folder of pulled weights; empty = `models` in the data folder")
    flash: str = _setting("", "weights of the engine flash: a name of `cavendish models list`, a diffusers folder, "
                              "NAME=FOLDER or NAME=FOLDER+FILE.safetensors; empty = the first pulled")
    pro: str = _setting("", "weights of the engine pro, likewise")
    adapters: str = _setting("", "folder of LoRA adapters, each NAME.safetensors; empty = `adapters` in the models folder")
    device: str = _setting("auto", "where open weights draw: auto, cuda, cuda:1, mps or cpu")
    preset: str = _setting("auto", "how they lie in memory: auto, or a name that `cavendish doctor` lists")
    warm: tuple[str, ...] = _setting((), "sizes such as 1024x1024,1376x768 that the server draws once at its start with open "
                                         "weights; empty = the first request waits while they load")
    upscaler: str = _setting("", "super-resolution network that enlarges pictures: a .safetensors file; empty = Lanczos")
    hub: str = _setting("https://huggingface.co", "where `cavendish models pull` fetches weights")
    hub_token: str = _setting("", "token for repositories that ask for one", secret=True)

    # thinking and facts
    llm_url: str = _setting("", "base URL, with /v1, of a chat endpoint that plans and checks pictures; empty = rules alone")
    llm_key: str = _setting("", "key of that endpoint, if it asks for one", secret=True)
    llm_model: str = _setting("", "the language model that is asked there")
    llm_vision: bool = _setting(False, "that model can look at pictures: it then checks them against the words")
    llm_timeout_s: float = _setting(30.0, "longest that one question to it may take, repeats included, in seconds")
    llm_local: bool = _setting(False, "on = the text encoder of flash (FLUX.2 klein) plans; it is kept whole in memory")
    search: str = _setting("", "who looks facts up for requests that want them: searxng, brave, tavily, catalog; empty = the "
                               "catalog, if one is named")
    search_url: str = _setting("", "base URL of that service; SearXNG needs one, the others have their own")
    search_key: str = _setting("", "key of that service", secret=True)
    search_timeout_s: float = _setting(8.0, "longest that one search may take, in seconds; the picture is then drawn without")
    catalog: str = _setting("", "CSV file, or folder of CSV files and pictures, with facts about your products")

    # safety
    safety: bool = _setting(True, "off = only the rules that nothing turns off; engines whose licence needs filters refuse")
    policy_file: str = _setting("", "TOML file with this installation's own deny and allow phrases (docs/safety.md)")
    picture_classifier: str = _setting("", "ONNX image classifier with a .json beside it; empty = pictures are not looked at")

    # provenance
    watermark: bool = _setting(True, "put an invisible watermark into the pixels; engines that mark theirs are left alone")
    masked_watermark: str = _setting("inside", "where the watermark of a masked edit may be: inside the mask, or skip it")
    credentials: str = _setting("auto", "C2PA signing: auto (a certificate made here, for development), off, or a folder with "
                                        "chain.pem and key.pem")
    credentials_prompt: bool = _setting(False, "write the prompt's words into the credentials; otherwise only their hash")
    trust_list: str = _setting("", "PEM file of roots that `verify` trusts beside our own, such as the C2PA trust list")
    tsa_url: str = _setting("", "RFC 3161 time-stamp authority that signs the time of each picture; empty = none is asked")
    tsa_policy: str = _setting("degrade", "when it does not answer: degrade (one try, then sign without), delay (six tries)")
    tsa_timeout_s: float = _setting(5.0, "how long one try may take, in seconds; at most 30")

    def __post_init__(self) -> None:
        bounds = {"port": (0, 65535), "workers": (1, 256), "queue_size": (0, 100_000), "deadline_s": (1, 86_400),
                  "keepalive_s": (1, 3_600), "intake_workers": (0, 64),
                  "max_body_mb": (1, 2_048), "cache_mb": (0, 65_536), "url_ttl_s": (1, 604_800), "remote_timeout_s": (1, 3_600),
                  "tsa_timeout_s": (0.1, 30), "llm_timeout_s": (0.1, 600), "search_timeout_s": (0.1, 60)}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{PREFIX}{name.upper()}={getattr(self, name)} is out of range", hint=f"use {low} to {high}")
        if self.default_mime not in MIME_TYPES:
            raise ConfigError(f"{PREFIX}DEFAULT_MIME={self.default_mime!r} is not known", hint="use " + ", ".join(MIME_TYPES))
        self._check_provenance()
        if self.fetch_urls not in FETCH_MODES:
            raise ConfigError(f"{PREFIX}FETCH_URLS={self.fetch_urls[:40]!r} is not known", hint="use " + ", ".join(FETCH_MODES))
        self._check_search()
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise ConfigError(f"{PREFIX}LOG_LEVEL={self.log_level!r} is not known", hint="use debug, info, warning or error")
        if any(len(k) < 8 for k in self.api_keys):
            raise ConfigError("an API key is shorter than 8 characters", hint="use long random keys")

    def _check_search(self) -> None:
        if self.search not in ("", *SEARCHERS):
            raise ConfigError(f"{PREFIX}SEARCH={self.search[:40]!r} is not known", hint="use " + ", ".join(SEARCHERS))
        needed = {"searxng": "search_url", "brave": "search_key", "tavily": "search_key", "catalog": "catalog"}
        missing = needed.get(self.search, "")
        if missing and not getattr(self, missing):
            raise ConfigError(f"{PREFIX}SEARCH={self.search} needs {PREFIX}{missing.upper()}",
                              hint="docs/grounding.md says where to get it")

    def _check_provenance(self) -> None:
        allowed = {"masked_watermark": MASKED_WATERMARKS, "tsa_policy": ("degrade", "delay")}
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ConfigError(f"{PREFIX}{name.upper()}={getattr(self, name)!r} is not known",
                                  hint="use " + " or ".join(values))
        if self.tsa_url and not self.tsa_url.startswith(("http://", "https://")):
            raise ConfigError(f"{PREFIX}TSA_URL={self.tsa_url[:60]!r} is not a URL", hint="it starts with http:// or https://")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def data_dir(self) -> Path:
        return Path(self.data).expanduser()


def read(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:  # noqa: ANN401  values of any field
    """Build Settings from CAVENDISH_ variables, then overrides that are not None (the command line).

    Raises ConfigError for an unknown name, a bad value, or one out of range.
    """
    source = os.environ if environ is None else environ
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in source.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else "see docs/reference/settings.md"
            raise ConfigError(f"unknown setting {name}", hint=hint)
        values[key] = _cast(name, text, known[key].type)
    values |= {k: v for k, v in overrides.items() if v is not None}
    return Settings(**values)


def _cast(name: str, text: str, kind: object) -> Any:  # noqa: ANN401  one of the field types below
    casts: dict[object, Callable[[str], Any]] = {int: int, float: float, str: str, Path: Path, bool: _bool,
                                                 tuple[str, ...]: _words}
    try:
        return casts[kind](text)
    except ValueError as exc:
        wanted = getattr(kind, "__name__", str(kind))
        raise ConfigError(f"{name}={text[:60]!r} is not a {wanted}", hint="see docs/reference/settings.md") from exc


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _bool(text: str) -> bool:
    values = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off", ""), False)
    if text.lower() not in values:
        raise ValueError(text)
    return values[text.lower()]
