"""Telling people of a failed run: an HTTP POST of `{"text": …}` (the form that chat tools take) to `SCV_ALERT_URL`."""

import logging
import os

import httpx

ALERT_VARIABLE = "SCV_ALERT_URL"
TIMEOUT_SECONDS = 10.0

_LOG = logging.getLogger("scv.notifications")


def notify(text: str) -> bool:
    """Post the text and tell whether it was accepted; without `SCV_ALERT_URL` nothing is sent.

    A receiver that does not answer is logged, never raised: an alert may not break what it tells of.
    """
    url = os.environ.get(ALERT_VARIABLE)
    if not url:
        return False
    try:
        answer = httpx.post(url, json={"text": text}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        _LOG.error("the alert could not be sent: %s", type(error).__name__)
        return False
    return True
