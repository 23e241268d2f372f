"""RemoteEngine: an upstream that draws. Sends, repeats with back-off, stops at once, leaves an ill upstream alone."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.breaker import Breaker
from cavendish.engines.remote.dialect import BadAnswer, Dialect, Failure
from cavendish.engines.remote.transport import Abort, Answer, Message, Transport, Unreachable
from cavendish.errors import CavendishError, EngineFailed, RateLimited
from cavendish.types import ImageRequest, Picture

POLL_S = 0.1  # how soon a stopped run closes its connections
PARALLEL = 16  # calls of one engine at once, of all requests and candidates; their threads are kept, as their memory is warm


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often, and after which pauses. `base_s` doubles each time; what the upstream asks for (RetryInfo) is kept at least.

    `pause` waits on behalf of a run; `jitter` gives 0..1, which adds up to a quarter.
    """

    attempts: int = 4
    base_s: float = 2.0
    most_s: float = 60.0  # a longer wait is the caller's decision: RateLimited with retry_after_s
    pause: Callable[[Abort, float], None] = Abort.pause
    jitter: Callable[[], float] = random.random

    def wait_s(self, attempt: int, asked_s: float) -> float:
        """Seconds before attempt `attempt` + 1 (counted from 1)."""
        return float(max(self.base_s * 2 ** (attempt - 1), asked_s) * (1 + self.jitter() / 4))


def _threads() -> ThreadPoolExecutor:
    """No thread starts before the first call."""
    return ThreadPoolExecutor(PARALLEL, thread_name_prefix="remote")


@dataclass(frozen=True, slots=True)
class RemoteEngine:
    """An Engine whose pictures an upstream makes."""

    dialect: Dialect
    transport: Transport
    retries: Retries = Retries()
    breaker: Breaker = field(default_factory=Breaker)
    threads: ThreadPoolExecutor = field(default_factory=_threads, repr=False)

    @property
    def profile(self) -> EngineProfile:
        return self.dialect.profile

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        """Give the candidates in order, each as soon as it and those before it are here."""
        messages = self.dialect.messages(request)
        abort = Abort()
        futures: list[Future[list[Picture]]] = []
        self.breaker.begin()
        try:
            futures += [self.threads.submit(self._drawn, m, request, first, abort) for first, m in enumerate(messages)]
            for number, future in enumerate(futures):
                yield from _awaited(future, futures, lambda n=number: on_step(n, len(futures)))  # type: ignore[misc]
        finally:
            abort.stop()  # nothing is under way any more after a full run
            for future in futures:
                future.cancel()

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.transport.close()

    def _drawn(self, message: Message, request: ImageRequest, first: int, abort: Abort) -> list[Picture]:
        """One call with its repeats. Raises CavendishError."""
        attempt = 1
        while True:
            made = self._attempt(message, request, first, abort)
            if not isinstance(made, Failure):
                self.breaker.succeeded()
                return made
            if made.refused_pictures:
                return _refused(made.error.message, request)
            if made.counts:
                self.breaker.failed(made.error.message)
            wait_s = self.retries.wait_s(attempt, made.wait_s)
            if not made.again or attempt == self.retries.attempts or wait_s > self.retries.most_s:
                raise _final(made, wait_s)
            self.retries.pause(abort, wait_s)
            attempt += 1

    def _attempt(self, message: Message, request: ImageRequest, first: int, abort: Abort) -> list[Picture] | Failure:
        name = self.profile.name
        try:
            answer: Answer = self.transport.post(message, abort)
            if answer.status != 200:
                return self.dialect.failure(answer)
            return self.dialect.pictures(answer.body, request, first)
        except Unreachable as exc:
            error = EngineFailed(f"{name} gave no answer: {exc.why}", hint="try again")
            return Failure(error=error, again=exc.again, counts=True)
        except BadAnswer as exc:
            error = EngineFailed(f"{name} gave an answer that cannot be read: {exc}", hint="try again")
            return Failure(error=error, again=True, counts=True)


def _awaited(future: Future[list[Picture]], futures: list[Future[list[Picture]]], ask: Callable[[], None]) -> list[Picture]:
    """Wait for one call; `ask` raises when the run must stop. An error of any call ends the wait."""
    while not future.done():
        done, _ = wait([f for f in futures if not f.done()], timeout=POLL_S, return_when=FIRST_COMPLETED)
        ask()
        for other in done:
            error = other.exception()
            if error is not None:
                raise error
    return future.result()


def _refused(why: str, request: ImageRequest) -> list[Picture]:
    """Candidates that the upstream drew and blocked: the one call made them all."""
    _, seed = request.complete()
    return [Picture(seed=seed + i, finish_reason="safety", note=why) for i in range(request.count)]


def _final(failure: Failure, wait_s: float) -> CavendishError:
    """The error that the caller sees; when to come back, where the upstream said so."""
    if failure.again and failure.error.retry_after_s is None:
        failure.error.retry_after_s = round(failure.wait_s or wait_s, 1) if isinstance(failure.error, RateLimited) else None
    return failure.error
