"""The hub of open weights, through huggingface_hub: resumed downloads, tokens, mirrors. Imported when somebody pulls."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, HTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
from tqdm import tqdm

from cavendish.errors import CavendishError, EngineUnavailable, Forbidden
from cavendish.store.weights import Commit, RemoteFile


class HuggingFace:
    """A hub at an address, with a token or without."""

    def __init__(self, endpoint: str, token: str = "") -> None:
        self._endpoint, self._token = endpoint.rstrip("/"), token or False
        self._api = HfApi(endpoint=self._endpoint, token=self._token)

    def commit(self, repo: str, revision: str) -> Commit:
        try:
            info = self._api.model_info(repo, revision=revision, files_metadata=True)
        except (HTTPError, OSError) as exc:
            raise self._told(repo, exc) from exc
        files = tuple(RemoteFile(name=s.rfilename, size=s.size or 0, sha256=s.lfs.sha256 if s.lfs else "")
                      for s in info.siblings or ())
        return Commit(repo=repo, commit=info.sha or revision, files=files)

    def fetch(self, commit: Commit, file: RemoteFile, folder: Path, on_bytes: Callable[[int], None]) -> None:
        try:
            hf_hub_download(commit.repo, file.name, revision=commit.commit, local_dir=folder, endpoint=self._endpoint,
                            token=self._token, tqdm_class=_counting(on_bytes))
        except (HTTPError, LocalEntryNotFoundError, OSError) as exc:
            raise self._told(commit.repo, exc) from exc

    def _told(self, repo: str, exc: Exception) -> CavendishError:
        if isinstance(exc, GatedRepoError):
            return Forbidden(f"{repo} is open only to who accepted its terms on the hub",
                             hint="accept them there and set CAVENDISH_HUB_TOKEN")
        if isinstance(exc, RepositoryNotFoundError):
            return EngineUnavailable(f"the hub has no repository {repo}", hint="name another one, or a local folder")
        return EngineUnavailable(f"the hub did not send {repo}: {type(exc).__name__}",
                                 hint="try again: the pull goes on where it stopped")


def _counting(on_bytes: Callable[[int], None]) -> type[Any]:
    """A progress bar without a bar: it tells how many bytes of the file are here."""

    class Counting(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  tqdm's own
            options.pop("name", None)
            super().__init__(*args, **options | {"disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> None:
            super().update(n)
            on_bytes(int(self.n))

    return Counting


class _Nowhere:
    def write(self, _text: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing waits."""
