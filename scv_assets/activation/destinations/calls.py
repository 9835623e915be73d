"""HTTP calls to a destination: in its pace, with what every way of failing means.

A call that was not answered is in doubt: it may have taken effect. What can pass (429, 5xx, no connection) is
`Passing`, with the seconds that the server asked to wait. Nothing of an address, a header or a body goes into a
message: addresses hold secrets, bodies hold people.
"""

import logging
import re
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from resources.clock import now
from scv_assets.activation.destinations.outcomes import IN_DOUBT, PERMANENT, TEMPORARY, Outcome, Tally
from scv_assets.activation.destinations.pace import Clock, Pace
from scv_assets.activation.destinations.settings import Limits
from scv_assets.errors import ConfigError, DestinationUnavailable

#: httpx tells every address that it calls at level INFO
logging.getLogger("httpx").setLevel(logging.WARNING)

_PASSING = {408, 425, 429, 500, 502, 503, 504}
#: answers that come before anything was done
_UNTOUCHED = {408, 425, 429, 503}
#: a run does not wait longer than this for a server that asks it to
_LONGEST_WAIT_SECONDS = 300.0
#: tries of a call to a server that has not answered once in the run: it is away, it does not stumble
_TRIES_UNHEARD = 3
#: what stands in an explanation instead of a value
_MASK = "***"
_PERSONAL = (re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+"), re.compile(r"\+?\d(?:[ ./()-]?\d){6,}"))
_LONGEST_SENTENCE = 200
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


class Unanswered(Exception):
    """No answer came. `was_sent`: the call may have taken effect all the same."""

    def __init__(self, told: str, *, was_sent: bool) -> None:
        super().__init__(told)
        self.was_sent = was_sent


class Passing(Exception):
    """The server says: not now."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"answers {status}")
        self.status = status
        self.retry_after = retry_after


class Caller:
    """Calls one server within its limits; any number of threads may use it."""

    def __init__(self, name: str, where: str, address: str, limits: Limits, clock: Clock, tally: Tally) -> None:
        self._name = name
        self._where = where
        self._limits = limits
        self._clock = clock
        self._tally = tally
        self._pace = Pace(limits.calls, limits.seconds, clock)
        self._has_answered = False
        try:
            self._client = httpx.Client(
                base_url=address, timeout=limits.timeout_seconds, follow_redirects=False, trust_env=True
            )
        except (httpx.InvalidURL, ValueError):
            raise ConfigError("the address cannot be read; write it like https://host/path", where=where) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def once(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Make one call and return its answer, whatever it says. Raises `Unanswered`."""
        with self._pace.turn():
            self._tally.count(method)
            try:
                answer = self._client.request(method, path, **request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise Unanswered(f"no connection ({type(error).__name__})", was_sent=False) from None
            except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
                raise ConfigError(
                    "the address cannot be called; write it like https://host/path", where=self._where
                ) from None
            except httpx.HTTPError as error:
                raise Unanswered(f"no answer ({type(error).__name__})", was_sent=True) from None
        self._has_answered = True
        if answer.status_code == 429:
            self._tally.refused_for_rate += 1
        return answer

    def repeated(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Make a call that may be made twice until its answer is no passing one, and return that.

        Raises `DestinationUnavailable` where it stays away; `ConfigError` where it refuses the credentials.
        """
        retrying = tenacity.Retrying(
            sleep=self._clock.sleep,
            stop=self._is_enough,
            wait=_asked_or_growing,
            retry=tenacity.retry_if_exception_type((Unanswered, Passing)),
            reraise=True,
        )
        try:
            return retrying(self._passed, method, path, **request)
        except (Unanswered, Passing) as error:
            raise DestinationUnavailable(f"{self._name}: {error}; what was taken stays, try again later") from None

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        tries = self._limits.attempts
        return state.attempt_number >= (tries if self._has_answered else min(tries, _TRIES_UNHEARD))

    def _passed(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = self.once(method, path, **request)
        if answer.status_code in _PASSING:
            asked = retry_after(answer)
            if asked is not None and asked > _LONGEST_WAIT_SECONDS:
                raise DestinationUnavailable(
                    f"{self._name} answers {answer.status_code} and asks to wait {asked:,.0f} s; try again after that"
                )
            raise Passing(answer.status_code, asked)
        if answer.status_code in {401, 403}:
            raise ConfigError(f"{self._name} answers {answer.status_code}; mend its credentials", where=self._where)
        return answer

    def sent(self, method: str, path: str, **request: Any) -> httpx.Response | Outcome:
        """Make a call that must not be made twice: return its answer where it is 2xx, else what came of it."""
        try:
            answer = self.once(method, path, **request)
        except Unanswered as error:
            return Outcome(IN_DOUBT, str(error)) if error.was_sent else Outcome(TEMPORARY, str(error), stops=True)
        return answer if answer.is_success else refusal(answer)


def refusal(answer: httpx.Response) -> Outcome:
    """Return what an answer that is no success means for a message."""
    status = answer.status_code
    told = f"answers {status}{said(answer)}"
    if status in _UNTOUCHED:
        asked = retry_after(answer)
        return Outcome(TEMPORARY, told, status_code=status, retry_after=asked, stops=status == 503)
    if status in {401, 403}:
        return Outcome(TEMPORARY, f"{told}; mend the credentials", status_code=status, stops=True)
    if status >= 500:
        return Outcome(IN_DOUBT, told, status_code=status)
    return Outcome(PERMANENT, told, status_code=status)


def said(answer: httpx.Response) -> str:
    """Return the word by which an API names the error, or an empty text: only what cannot be a value of a person."""
    body = document(answer)
    found = next((body.get(name) for name in ("category", "code", "errorCode", "error") if body.get(name)), None)
    return f" ({found})" if isinstance(found, str) and _WORD.fullmatch(found) else ""


def explained(answer: httpx.Response, sent: Iterable[object]) -> str:
    """Return the word and the sentence by which an API explains a refusal, as ` (WORD: sentence)`.

    What a person could be known by is masked: the values that were `sent`, and anything in the form of an address or a
    number of seven digits and more.
    """
    word, sentence = said(answer), document(answer).get("message")
    if not isinstance(sentence, str) or not sentence.strip():
        return word
    for value in sorted({str(one) for one in sent if one not in (None, "")}, key=len, reverse=True):
        sentence = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", _MASK, sentence, flags=re.IGNORECASE)
    for shape in _PERSONAL:
        sentence = shape.sub(_MASK, sentence)
    plain = " ".join("".join(c if c.isprintable() else " " for c in sentence).split())
    told = plain if len(plain) <= _LONGEST_SENTENCE else f"{plain[:_LONGEST_SENTENCE]}…"
    return f"{word[:-1]}: {told})" if word else f" ({told})"


def document(answer: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object, or an empty one."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that the server asks to wait (a number, or an HTTP date), or None."""
    text = answer.headers.get("Retry-After", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        asked = parsedate_to_datetime(text).astimezone(UTC).replace(tzinfo=None)
        return max(0.0, (asked - now()).total_seconds())
    except (TypeError, ValueError):
        return None


def _asked_or_growing(state: tenacity.RetryCallState) -> float:
    """Wait as long as the server asks; else 1, 2, 4, … seconds, a minute at most."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Passing) and error.retry_after is not None:
        return error.retry_after
    return float(min(60, 2 ** (state.attempt_number - 1)))
