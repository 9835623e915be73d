"""The environment of the peers: a venv beside the project's, so that their bounds and this project's never meet.

python -m benchmarks.peers.environment
"""

import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".venv-peers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def interpreter() -> Path:
    """Return the Python of the peers' environment. Raises `FileNotFoundError` where it was not made."""
    found = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not found.exists():
        raise FileNotFoundError("the peers' environment is not there: python -m benchmarks.peers.environment makes it")
    return found


def make() -> None:
    """Make the environment, or bring it up to the requirements. Raises `CalledProcessError` where pip fails."""
    venv.create(FOLDER, with_pip=True)
    subprocess.run([interpreter(), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)], check=True)


if __name__ == "__main__":
    make()
