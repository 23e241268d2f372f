"""Prometheus metrics of one server. A registry of its own, so that two servers in one process do not mix."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Metrics:
    """What `/metrics` shows."""

    def __init__(self, queue_depth: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("cavendish_http_requests_total", "HTTP requests answered.", ("route", "status"),
                                registry=self.registry)
        self.seconds = Histogram("cavendish_http_request_seconds", "Time from request to the last byte of the answer.",
                                 ("route",), buckets=BUCKETS_S, registry=self.registry)
        queue = Gauge("cavendish_queue_depth", "Requests running or waiting.", registry=self.registry)
        queue.set_function(queue_depth)

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
