"""Private Debian roots: where the real mail programs live, so that the machine itself gains and loses none.

A root is made once from a list of packages (tests/e2e/roots/NAME.list) and cached outside the tree. Its folder's name
holds a hash of the list, so a changed list makes a new root. Where a NAME.setup lies beside it, that shell script is
run on the root before its packages are unpacked, and what it has put there is kept. A root that is there is whole: it is built under another
name and moved into place.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

LISTS = pathlib.Path(__file__).resolve().parent.parent / "e2e" / "roots"
ENTER = pathlib.Path(__file__).resolve().parent / "enter.py"
SUITE = "bookworm"
# Part of the hash: change it when the way a root is made changes.
RECIPE = "1"


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "starlock" / "roots"


def names():
    return sorted(path.stem for path in LISTS.glob("*.list"))


def packages(name):
    lines = (LISTS / f"{name}.list").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _setup(name):
    """The list's script, if it has one."""
    script = LISTS / f"{name}.setup"
    return script if script.exists() else None


def path(name):
    """Where the root is or would be."""
    script = _setup(name)
    text = "\n".join([RECIPE, SUITE, *packages(name), *([script.read_text()] if script else [])])
    return cache() / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def existing(name):
    """The root's path; fails where it was not built, for a missing daemon must never pass for a skipped test."""
    root = path(name)
    if not root.is_dir():
        raise RuntimeError(f"the private root {name} is missing: run tests/e2e/roots/build")
    return root


def _sources():
    """The machine's own Debian sources, as one-line entries."""
    wanted = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages", "Origin: Debian"]
    found = subprocess.run(command, check=True, text=True, capture_output=True).stdout.splitlines()
    lines = sorted({f"deb {line}" for line in found if line.split()[1].split("-")[0] == SUITE})
    if not lines:
        raise RuntimeError(f"apt knows no Debian {SUITE} source: run apt-get update, and look at /etc/apt/sources.list")
    return "\n".join(lines) + "\n"


def _access():
    """How this machine reaches its sources (proxies and the like), as options for mmdebstrap."""
    dump = subprocess.run(["apt-config", "dump"], check=True, text=True, capture_output=True).stdout.splitlines()
    kept = ("Acquire::http", "Acquire::Retries", "Acquire::ForceIPv")
    return [f"--aptopt={line}" for line in dump if line.startswith(kept) and ' "";' not in line]


def build(name):
    """Makes the root unless it is there. Safe to call from several processes at once."""
    root = path(name)
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / f".{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if root.is_dir():
            return False
        print(f"roots: making {name} ({', '.join(packages(name))})", flush=True)
        unfinished = root.with_name(root.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        log = cache() / f"{name}.log"
        # In a mount namespace of its own: whatever mmdebstrap mounts is gone when it ends, however it ends.
        command = [sys.executable, str(ENTER), "--here", "--"]
        command += ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(packages(name))}"]
        if _setup(name):
            command += [f"--essential-hook=sh {_setup(name)} \"$1\"", "--dpkgopt=force-confold"]
        command += [*_access(), SUITE, str(unfinished), "-"]
        with open(log, "w", encoding="utf-8") as output:
            done = subprocess.run(command, input=_sources(), text=True, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print("\n".join(log.read_text().splitlines()[-30:]), file=sys.stderr)
            raise RuntimeError(f"making the root {name} failed; the whole log is {log}")
        os.rename(unfinished, root)
        for old in cache().glob(f"{name}-*"):
            if old != root:
                shutil.rmtree(old, ignore_errors=True)
        return True
