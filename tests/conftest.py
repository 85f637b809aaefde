"""Fixtures of all Python tests: a temporary folder and a set of certificates, created once a run."""

import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bench")]

from pysupport.certs import Certs  # noqa: E402


@pytest.fixture(scope="session")
def folder():
    """A temporary folder with a short path. Daemons that run as other users can enter it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="starlock-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def certs(folder):
    path = folder / "certs"
    path.mkdir()
    return Certs(path)
