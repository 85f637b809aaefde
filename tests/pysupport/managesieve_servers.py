"""Dovecot's ManageSieve server (Pigeonhole), and sieve-connect, as the tests need them."""

import hashlib
import os
import shutil
import subprocess

from pysupport.daemons import OWNER, Daemon, certificate, free_port, inside, place, start
from pysupport.timing import Deadline

# Of the machine's own, but not the one that clients come from.
HOST = "127.0.0.2"
USER, PASSWORD = "alice", "secret-of-alice"


def dovecot_sieve(folder, certs, tls=False):
    """Without TLS, or with nothing but TLS; sets `.ports`: sieve, and wrapped, which is in TLS from the first byte.

    Dovecot takes a peer on its own address for as good as encrypted: one that must meet its demand for TLS comes to HOST.
    """

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {"sieve": free_port(), **({"wrapped": free_port()} if tls else {})}
        security = "ssl = no\ndisable_plaintext_auth = no\n"
        if tls:
            security = "ssl = required\ndisable_plaintext_auth = yes\nssl_cert = </mnt/cert.pem\nssl_key = </mnt/key.pem\n"
        wrapped = ""
        if tls:
            address = f"address = 127.0.0.1 {HOST}\n  port = {ports['wrapped']}"
            wrapped = f"inet_listener wrapped {{\n  {address}\n  ssl = yes\n  }}"
        text = f"""
protocols = sieve
log_path = /dev/stderr
base_dir = /run/dovecot
state_dir = /run/dovecot
mail_location = maildir:/mnt/mail/%n
first_valid_uid = 500
auth_mechanisms = plain login
{security}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home=/mnt/mail/%n allow_all_users=yes
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_max_script_size = 8M
}}
service managesieve-login {{
  inet_listener sieve {{
    address = 127.0.0.1 {HOST}
    port = {ports["sieve"]}
  }}
  {wrapped}
}}
"""
        place(folder)
        (folder / "dovecot.conf").write_text(text)
        certificate(folder, certs)
        daemon = Daemon("mail", folder, ["dovecot", "-F", "-c", "/mnt/dovecot.conf"], ports.values())
        daemon.ports = ports
        return daemon

    return start(build)


def script(size):
    """A valid script of that size or a little more, and its hash: no two are the same."""
    head = b'require ["fileinto", "envelope"];\r\n# STARTTLS\r\n# {5+}\r\n# OK "done"\r\n'
    lines = [head, b'if header :contains "subject" "\\"{7}" { fileinto "a\\\\b"; }\r\n']
    while sum(map(len, lines)) < size:
        lines.append(b"# " + os.urandom(600).hex().encode() + b"\r\n")
    text = b"".join(lines)
    return text, hashlib.sha256(text).hexdigest()


def sieve_connect(folder, port, action, name, local=None, tls=True, host="localhost"):
    """sieve-connect's upload, download or list of the script `name`; `local` names a file in `folder`. (status, text)."""
    # The server is named: to look for another in the DNS would take minutes where nobody answers.
    command = ["sieve-connect", "--nosrv", "--server", host, "--port", port, "--user", USER, "--passwordfd", "0", "-4"]
    command += ["--noclearchan", "--tlscafile", "/mnt/certs/ca.pem"] if tls else ["--notlsverify", "--clearchan"]
    command += [f"--{action}", "--remotesieve", name, *(["--localsieve", f"/mnt/{local}"] if local else [])]
    done = subprocess.run(
        inside("clients", folder, command), input=PASSWORD.encode(), capture_output=True, timeout=Deadline(40).left()
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def openssl(folder, port, conversation, starttls=True):
    """A conversation through openssl s_client, pipelined, which ends with LOGOUT. What it printed."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-quiet", "-crlf"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    command += ["-starttls", "sieve"] if starttls else []
    process = subprocess.Popen(
        inside("clients", folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        process.stdin.write(conversation)
        process.stdin.flush()
        # To the end of what it prints: closing its input any earlier would have it leave before the answers.
        said = process.stdout.read()
        process.wait(Deadline().left())
    finally:
        process.kill()
        process.wait()
    return said.decode(errors="replace")
