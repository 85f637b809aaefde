"""Real IMAP clients. Each is a function that stores one message in an empty mailbox and fetches it again.

Arguments: the folder that is /mnt, the port, the user, the message (CRLF line ends), and `tls`: None, "starttls" or
"implicit". Each returns the fetched bytes, or raises Refused with the client's output.
"""

import imaplib
import pathlib
import ssl
import subprocess

from pysupport.daemons import inside
from pysupport.imap_servers import PASSWORD
from pysupport.timing import Deadline


class Refused(Exception):
    pass


def _run(folder, command, stdin=b"", judge=True):
    done = subprocess.run(inside("clients", folder, command), input=stdin, capture_output=True, timeout=Deadline(40).left())
    if judge and done.returncode != 0:
        raise Refused((done.stdout + done.stderr).decode(errors="replace")[-3000:])
    return done.stdout


def python(folder, port, user, message, tls=None):
    """imaplib."""
    context = ssl.create_default_context(cafile=str(pathlib.Path(folder) / "certs" / "ca.pem"))
    try:
        if tls == "implicit":
            session = imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=Deadline(40).left())
        else:
            session = imaplib.IMAP4("localhost", port, timeout=Deadline(40).left())
        with session:
            if tls == "starttls":
                session.starttls(context)
            session.login(user, PASSWORD)
            session.append("INBOX", None, None, message)
            session.select("INBOX")
            return session.fetch("1", "(BODY.PEEK[])")[1][0][1]
    except (imaplib.IMAP4.error, OSError) as error:
        raise Refused(repr(error)) from None


def curl(folder, port, user, message, tls=None):
    path = pathlib.Path(folder) / f"{user}.eml"
    path.write_bytes(message)
    base = ["curl", "-sS", "-v", "--user", f"{user}:{PASSWORD}", "--cacert", "/mnt/certs/ca.pem"]
    base += ["--ssl-reqd"] if tls else []
    url = f"imap{'s' if tls == 'implicit' else ''}://127.0.0.1:{port}/INBOX"
    _run(folder, [*base, url, "--upload-file", f"/mnt/{path.name}"])
    return _run(folder, [*base, f"{url};MAILINDEX=1"])


MBSYNC = """
IMAPAccount it
Host localhost
Port {port}
User {user}
Pass {password}
SSLType {kind}
CertificateFile /mnt/certs/ca.pem
AuthMechs {mechanisms}

IMAPStore far
Account it

MaildirStore near
Path /mnt/{near}/
Inbox /mnt/{near}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Expunge None
SyncState *
"""


def mbsync(folder, port, user, message, tls=None):
    """isync. Stores the content of one Maildir, and fetches it into another."""
    for near in (f"{user}-one", f"{user}-two"):
        home = pathlib.Path(folder) / near
        for name in ("cur", "new", "tmp"):
            (home / "INBOX" / name).mkdir(parents=True)
        if near.endswith("one"):
            (home / "INBOX" / "new" / "1.1.local").write_bytes(message.replace(b"\r\n", b"\n"))
        kind = {None: "None", "starttls": "STARTTLS", "implicit": "IMAPS"}[tls]
        (home / "mbsyncrc").write_text(
            MBSYNC.format(port=port, user=user, password=PASSWORD, kind=kind, near=near, mechanisms="LOGIN")
        )
        _run(folder, ["mbsync", "-c", f"/mnt/{near}/mbsyncrc", "all"])
    found = [path for path in (home / "INBOX").rglob("*") if path.is_file() and path.parent.name in ("new", "cur")]
    if len(found) != 1:
        raise Refused(f"{len(found)} messages were fetched")
    return found[0].read_bytes().replace(b"\n", b"\r\n")


def openssl(folder, port, user, message, tls="starttls"):
    """openssl s_client, with all commands pipelined."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-quiet", "-crlf"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    command += ["-starttls", "imap"] if tls == "starttls" else []
    size = len(message)
    said = b"a LOGIN %s %s\nb APPEND INBOX {%d+}\n" % (user.encode(), PASSWORD.encode(), size)
    said += message.replace(b"\r\n", b"\n") + b"\nc SELECT INBOX\nd FETCH 1 BODY.PEEK[]\ne LOGOUT\n"
    # Its exit status shows how TLS ended: Cyrus sends no close_notify, and the proxy does not add one.
    got = _run(folder, command, said, judge=False)
    before, mark, after = got.partition(b"{%d}\r\n" % size)
    if not mark:
        raise Refused(before.decode(errors="replace")[-3000:])
    return after[:size]


ALL = {"imaplib": python, "curl": curl, "mbsync": mbsync, "openssl": openssl}
