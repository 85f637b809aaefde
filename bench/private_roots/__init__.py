"""Private Debian roots: root file systems with the real programs that tests and benchmarks run.

Nothing is installed on the machine itself. Each root is described by a list of packages, FOLDER/NAME.list. It is built
once with mmdebstrap and cached outside the tree. The name of the cached folder contains a hash of the list, so a changed
list leads to a new root. If a script FOLDER/NAME.setup exists, it runs on the new root before the packages are unpacked,
and the files that it creates are kept. A root is built under a temporary name and then renamed, so an existing root is
always complete.

    roots = Roots(folder)
    roots.build("mail")
    subprocess.run(roots.inside("mail", "/some/folder", ["dovecot", "-F"]))    # sees /some/folder as /mnt
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

ENTER = pathlib.Path(__file__).resolve().with_name("enter.py")
SUITE = "bookworm"
# Part of the hash: change it when the build steps below change.
RECIPE = "1"


def cache():
    """The folder of all cached roots on this machine."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "starlock" / "roots"


class Roots:
    """The roots whose package lists are in `lists`."""

    def __init__(self, lists):
        self.lists = pathlib.Path(lists)

    def names(self):
        return sorted(path.stem for path in self.lists.glob("*.list"))

    def packages(self, name):
        lines = (self.lists / f"{name}.list").read_text().splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def path(self, name):
        """The folder of the root, whether or not it was built."""
        script = self._setup(name)
        text = "\n".join([RECIPE, SUITE, *self.packages(name), *([script.read_text()] if script else [])])
        return cache() / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def existing(self, name):
        """The folder of the root. Raises RuntimeError if it was not built: a missing daemon must not skip a test."""
        root = self.path(name)
        if not root.is_dir():
            raise RuntimeError(f"the private root {name} is missing: build it first (end-to-end tests: tests/e2e/roots/build)")
        return root

    def inside(self, name, folder, command, binds=()):
        """The command line that runs `command` in the root, with `folder` as its /mnt. `binds`: more FROM:TO mounts."""
        mounts = [word for bind in (*binds, f"{folder}:/mnt") for word in ("--bind", bind)]
        return [sys.executable, str(ENTER), str(self.existing(name)), *mounts, "--", *map(str, command)]

    def build(self, name):
        """Builds the root and returns True, or returns False if it exists. Several processes may call this at once."""
        root = self.path(name)
        cache().mkdir(parents=True, exist_ok=True)
        with open(cache() / f".{name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if root.is_dir():
                return False
            print(f"roots: making {name} ({', '.join(self.packages(name))})", flush=True)
            unfinished = root.with_name(root.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            self._debootstrap(name, unfinished)
            os.rename(unfinished, root)
            for old in cache().glob(f"{name}-*"):
                if old != root:
                    shutil.rmtree(old, ignore_errors=True)
            return True

    def _setup(self, name):
        script = self.lists / f"{name}.setup"
        return script if script.exists() else None

    def _debootstrap(self, name, target):
        # enter.py --here gives mmdebstrap a mount namespace of its own, so its mounts disappear with it.
        command = [sys.executable, str(ENTER), "--here", "--"]
        command += ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(self.packages(name))}"]
        if self._setup(name):
            command += [f"--essential-hook=sh {self._setup(name)} \"$1\"", "--dpkgopt=force-confold"]
        command += [*_apt_options(), SUITE, str(target), "-"]
        log = cache() / f"{name}.log"
        with open(log, "w", encoding="utf-8") as output:
            done = subprocess.run(command, input=_sources(), text=True, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print("\n".join(log.read_text().splitlines()[-30:]), file=sys.stderr)
            raise RuntimeError(f"building the root {name} failed; the complete log is {log}")


def _sources():
    """The machine's own Debian sources, as one-line entries."""
    wanted = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages", "Origin: Debian"]
    found = subprocess.run(command, check=True, text=True, capture_output=True).stdout.splitlines()
    lines = sorted({f"deb {line}" for line in found if line.split()[1].split("-")[0] == SUITE})
    if not lines:
        raise RuntimeError(f"apt has no Debian {SUITE} source: run apt-get update, and check /etc/apt/sources.list")
    return "\n".join(lines) + "\n"


def _apt_options():
    """The machine's HTTP proxy and retry settings of apt, as options for mmdebstrap."""
    dump = subprocess.run(["apt-config", "dump"], check=True, text=True, capture_output=True).stdout.splitlines()
    kept = ("Acquire::http", "Acquire::Retries", "Acquire::ForceIPv")
    return [f"--aptopt={line}" for line in dump if line.startswith(kept) and ' "";' not in line]
