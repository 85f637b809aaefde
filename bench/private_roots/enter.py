#!/usr/bin/env python3
"""Runs a program in a private root, with its own mount and process namespaces.

    enter.py ROOT [--bind FROM:TO]… -- PROGRAM ARGUMENT…     in ROOT, mounted read-only
    enter.py --here -- PROGRAM ARGUMENT…                     in the current root, with private mounts

Mounts are invisible outside the namespace and disappear with it. The program's child processes do too: the first process
of the namespace exits with the program, and the kernel then kills the rest. SIGTERM and SIGINT are forwarded, and the
exit status is the program's. Needs root; works inside a plain chroot.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        sys.exit(f"enter.py: {what}: {os.strerror(error)}")


def mount(source, target, kind=None, flags=0, data=None):
    def text(value):
        return None if value is None else os.fsencode(str(value))

    check(libc.mount(text(source), text(target), text(kind), flags, text(data)), f"mount {target}")


def private_namespaces():
    """Creates mount and process namespaces; mounts made in them do not propagate to the outside."""
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare (are you root?)")
    # In a chroot, the mount that contains our root has no path, so it cannot be made private from inside. setns() to our
    # own namespace moves us to its real root; we then re-enter the chroot through a descriptor.
    ours = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    check(libc.setns(namespace, CLONE_NEWNS), "setns")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    os.fchdir(ours)
    os.chroot(".")
    os.fchdir(folder)
    for descriptor in (ours, folder, namespace):
        os.close(descriptor)


def furnish(root, binds):
    """Mounts `root` read-only, with /proc, /dev, /run, /tmp and the binds, in this namespace only."""
    mount(root, root, None, MS_BIND)
    mount("proc", f"{root}/proc", "proc")
    mount("/dev", f"{root}/dev", None, MS_BIND | MS_REC)
    mount("run", f"{root}/run", "tmpfs", 0, "mode=755")
    mount("tmp", f"{root}/tmp", "tmpfs", 0, "mode=1777")
    for bind in binds:
        source, target = bind.split(":")
        mount(source, root + target, None, MS_BIND | MS_REC)
    mount("none", root, None, MS_REMOUNT | MS_BIND | MS_RDONLY)


def follow(child):
    """Waits for the child, forwards signals to it, and exits with its status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: os.kill(child, got))
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def fork_and_follow():
    parent = os.getpid()
    child = os.fork()
    if child:
        follow(child)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (parent, 0):
        os._exit(1)


def execute(command):
    """Like os.execvp, but imports nothing: the new root may have no Python modules."""
    for folder in os.environ["PATH"].split(":"):
        try:
            os.execv(command[0] if "/" in command[0] else f"{folder}/{command[0]}", command)
        except (FileNotFoundError, NotADirectoryError):
            pass
    os.write(2, f"enter.py: {command[0]}: not found\n".encode())
    os._exit(127)


def main(arguments):
    split = arguments.index("--")
    options, command = arguments[:split], arguments[split + 1 :]
    binds = [options[i + 1] for i, option in enumerate(options) if option == "--bind"]
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    private_namespaces()
    fork_and_follow()
    if options[0] == "--here":
        mount("proc", "/proc", "proc")
    else:
        root = os.path.realpath(options[0])
        furnish(root, binds)
        os.chroot(root)
        os.chdir("/")
        os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    fork_and_follow()
    execute(command)


if __name__ == "__main__":
    main(sys.argv[1:])
