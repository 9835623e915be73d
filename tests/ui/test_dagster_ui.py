"""What a person sees in the Dagster UI, in a real browser over a real web server."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from scv_assets.commands.init import lay_folder
from scv_assets.stages import STAGES

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
READY_SECONDS = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The UI over a small company that has run once."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    home: Path = tmp_path_factory.mktemp("ui") / "company"
    lay_folder(home)
    environment = {**os.environ, "SCV_HOME": str(home), "DAGSTER_HOME": str(home / ".dagster")}
    subprocess.run([sys.executable, "-m", "scv_assets", "run"], env=environment, check=True, stdout=subprocess.DEVNULL)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("dagster-webserver")
    arguments = [str(program), "-m", "scv_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/server_info", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the web server did not answer within {READY_SECONDS} s")


def _shows(address: str, path: str, *expected: str) -> None:
    """Wait until a page shows every one of these texts; fail where it does not within a minute."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 2400})
            page.goto(f"{address}{path}")
            for text in expected:
                page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
        finally:
            browser.close()


def test_the_graph_is_grouped_by_stage(address: str) -> None:
    _shows(address, "/asset-groups", *(stage for stage in STAGES if stage != "activation"), "publication")


def test_a_published_table_shows_its_columns_and_their_meaning(address: str) -> None:
    _shows(address, "/assets/segments/golden_profile?view=overview", "segment of the lifecycle segmentation, now")


def test_a_source_shows_what_its_columns_mean(address: str) -> None:
    _shows(address, "/assets/sources/customers?view=overview", "our customer number")
