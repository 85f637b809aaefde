"""Where the code under test is: bench/measuring, which is no part of the tests' own packages."""

import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "bench"), str(pathlib.Path(__file__).resolve().parents[1])]
