"""Settings are read once, from a mapping, and complain by name."""

import pytest

from cavendish.errors import ConfigError, InvalidKey, MissingKey
from cavendish.ledger.keys import ANYONE, KeyRing, guard
from cavendish.settings import Settings, read


def test_values_are_cast_to_their_types() -> None:
    settings = read({"CAVENDISH_PORT": "9000", "CAVENDISH_API_KEYS": "first-key-1, second-key-2",
                     "CAVENDISH_STRICT_MODELS": "yes", "CAVENDISH_DEADLINE_S": "12.5", "HOME": "/nowhere"})
    assert (settings.port, settings.api_keys, settings.strict_models, settings.deadline_s) == (
        9000, ("first-key-1", "second-key-2"), True, 12.5)


def test_the_command_line_wins_over_the_environment() -> None:
    assert read({"CAVENDISH_PORT": "9000"}, port=9001, host=None).port == 9001


def test_an_unknown_name_is_an_error_that_suggests_the_right_one() -> None:
    with pytest.raises(ConfigError) as caught:
        read({"CAVENDISH_QUEUE_SIZ": "9"})
    assert "CAVENDISH_QUEUE_SIZE" in caught.value.hint


@pytest.mark.parametrize("pair", [("PORT", "ninety"), ("PORT", "70000"), ("STRICT_MODELS", "maybe"),
                                  ("DEFAULT_MIME", "image/gif"), ("LOG_LEVEL", "loud"), ("API_KEYS", "short"), ("QUEUE_SIZE", "-1"), ("MASKED_WATERMARK", "outside"),
                                  ("TSA_POLICY", "never"), ("TSA_URL", "ftp://x"), ("TSA_TIMEOUT_S", "0")])
def test_bad_values_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ConfigError):
        read({f"CAVENDISH_{pair[0]}": pair[1]})


def test_keys_are_not_in_the_repr() -> None:
    assert "sesame" not in repr(read({"CAVENDISH_API_KEYS": "open-sesame-1"}))


def test_a_public_server_without_keys_does_not_start() -> None:
    with pytest.raises(ConfigError):
        guard(Settings(host="0.0.0.0"))
    guard(Settings(host="0.0.0.0", api_keys=("a-long-enough-key",)))
    guard(Settings(host="127.0.0.1"))


def test_keys_are_asked_for_only_when_there_are_some() -> None:
    assert KeyRing(()).identify("") == ANYONE
    ring = KeyRing(("a-long-enough-key",))
    assert ring.identify("a-long-enough-key").id.startswith("key-")
    with pytest.raises(MissingKey):
        ring.identify("")
    with pytest.raises(InvalidKey):
        ring.identify("a-long-enough-kez")
