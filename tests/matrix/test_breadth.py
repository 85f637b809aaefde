"""The dialect table, --help, README, examples, fuzzers and this matrix name the same protocols."""

import pathlib
import re

import pytest

from pysupport.proxy import run

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
EVERY = [
    "smtp", "lmtp", "imap", "pop3", "nntp", "ftp", "irc", "ldap", "xmpp", "xmpp-server", "acap", "managesieve", "postgres",
    "mysql", "tcp",
]  # fmt: skip


def after(text, heading):
    """The words of the paragraph that follows `heading`."""
    paragraph = text.partition(heading)[2]
    lines = []
    for line in paragraph.splitlines()[1:]:
        if not line.startswith("  "):
            break
        lines.append(line)
    return re.findall(r"[a-z0-9-]+", " ".join(lines))


@pytest.mark.parametrize("command", [[], ["run"], ["probe"]], ids=str)
def test_help(command):
    assert after(run([*command, "--help"]).stdout, "Protocols:") == EVERY


def test_every_name_is_taken_and_no_other():
    for name in EVERY:
        assert "is not a known protocol" not in run(["probe", "--protocol", name, "127.0.0.1:1"], timeout=10).stderr, name
    assert run(["probe", "--protocol", "gopher", "127.0.0.1:1"]).returncode == 2


def test_readme():
    table = re.findall(r"^\| `([a-z0-9-]+)` \| \d+|^\| `(tcp)` \|", (TREE / "README.md").read_text(), re.MULTILINE)
    assert [name or tcp for name, tcp in table] == EVERY


def test_examples():
    spoken = set()
    for path in (TREE / "conf").glob("*.yaml"):
        spoken |= set(re.findall(r"^ *protocol: *([a-z0-9-]+)", path.read_text(), re.MULTILINE))
    assert spoken == set(EVERY)


def test_matrix():
    played = set()
    for path in pathlib.Path(__file__).parent.glob("test_*_pairs.py"):
        for arguments in re.findall(r"\bpairs\(([^)]*)\)|\bPROTOCOLS? = (.*)", path.read_text()):
            played |= set(re.findall(r'"([a-z0-9-]+)"', "".join(arguments)))
    assert played >= set(EVERY) - {"tcp"}
    assert (pathlib.Path(__file__).parent / "test_tcp_pairs.py").exists()


def test_fuzzers():
    fuzz = TREE / "tests" / "fuzz"
    listed = re.search(r"foreach\(protocol ([^)]*)\)", (fuzz / "CMakeLists.txt").read_text())[1].split()
    assert set(listed) | {"smtp", "lmtp", "tcp"} == set(EVERY)
    for name in listed:
        assert any((fuzz / "corpus" / name).iterdir()), f"{name} has no seeds"
