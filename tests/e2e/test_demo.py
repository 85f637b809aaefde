"""`starlock demo`."""

import os
import subprocess
import time

import pytest

from pysupport.proxy import BINARY
from pysupport.terminal import on_a_terminal
from pysupport.timing import SLOWDOWN, STEP


# The upgrade command, where it is not STARTTLS.
UPGRADES = {"pop3": "STLS", "ldap": "1.3.6.1.4.1.1466.20037"}


def run(*arguments, **environment):
    return subprocess.run(
        [BINARY, "demo", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("protocol", ["smtp", "lmtp", "imap", "pop3", "ldap"])
def test_it_shows_what_was_checked(protocol, tmp_path):
    began = time.monotonic()
    done = run("--protocol", protocol, LC_ALL="C.UTF-8", TMPDIR=str(tmp_path))
    assert time.monotonic() - began < 5 * SLOWDOWN
    assert done.returncode == 0
    assert done.stderr == b""
    story = done.stdout.decode()
    for part in ("TLSv1.3", "TLS_", "X25519MLKEM768", UPGRADES.get(protocol, "STARTTLS"), "16 03 01", "Subject: The key", "flower",
                 "end=closed blame=none", "run --protocol", "--upstream-tls required", "conf/"):  # fmt: skip
        assert part in story
    assert story.count("✓") == 12
    assert "✗" not in story
    assert "\x1b" not in story
    assert max(map(len, story.splitlines())) <= 80
    assert not list(tmp_path.iterdir())


def test_smtp_is_what_it_shows_by_itself():
    done = run()
    assert done.returncode == 0
    assert b"EHLO" in done.stdout


def test_ascii_where_there_is_nothing_else():
    done = run(LC_ALL="C")
    assert done.returncode == 0
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "arguments, environment, coloured",
    [
        ((), {"TERM": "xterm"}, True),
        ((), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (("--no-color",), {"TERM": "xterm"}, False),
        ((), {"TERM": "dumb"}, False),
    ],
)
def test_colours_on_a_terminal_alone(arguments, environment, coloured):
    status, written = on_a_terminal([BINARY, "demo", *arguments], **environment)
    assert status == 0
    assert (b"\x1b[" in written) == coloured


def test_needs_no_place_for_files(tmp_path):
    assert run(TMPDIR=str(tmp_path / "missing")).returncode == 0


def test_says_what_is_wrong_where_it_cannot_run():
    # Without even a loopback interface. Root needs no user namespace for that, and would not get one in a chroot.
    become_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *become_root, "--net", BINARY, "demo"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"starlock demo: ")


@pytest.mark.parametrize("protocol", ["tcp", "smtq"])
def test_a_protocol_without_a_demonstration(protocol):
    done = run("--protocol", protocol)
    assert done.returncode == 2
    assert done.stderr.startswith(b"starlock demo: ")
    assert done.stdout == b""


def test_several_at_once():
    running = [
        subprocess.Popen([BINARY, "demo"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(8)
    ]
    assert [process.wait(STEP) for process in running] == [0] * 8
