"""What all Python tests share: one folder and one set of certificates a run."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pysupport.certs import Certs  # noqa: E402


@pytest.fixture(scope="session")
def folder():
    """A private folder with a short name that daemons with users of their own can walk through."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="starlock-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def certs(folder):
    path = folder / "certs"
    path.mkdir()
    return Certs(path)
