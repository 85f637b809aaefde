"""Starts Dovecot's ManageSieve server (Pigeonhole); runs sieve-connect and openssl as clients."""

import hashlib
import os
import shutil
import subprocess

from pysupport.daemons import OWNER, Daemon, certificate, free_port, inside, place, start
from pysupport.timing import Deadline

# A loopback address that is not the clients' own.
HOST = "127.0.0.2"
USER, PASSWORD = "alice", "secret-of-alice"


def dovecot_sieve(folder, certs, tls=False):
    """Without TLS, or with TLS only. Sets `.ports`: sieve.

    Dovecot treats a peer with its own address as secure. To be refused, connect to HOST.
    """

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {"sieve": free_port()}
        security = "ssl = no\ndisable_plaintext_auth = no\n"
        if tls:
            security = "ssl = required\ndisable_plaintext_auth = yes\nssl_cert = </mnt/cert.pem\nssl_key = </mnt/key.pem\n"
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
    """A valid script of at least this size, and its hash; no two scripts are alike."""
    head = b'require ["fileinto", "envelope"];\r\n# STARTTLS\r\n# {5+}\r\n# OK "done"\r\n'
    lines = [head, b'if header :contains "subject" "\\"{7}" { fileinto "a\\\\b"; }\r\n']
    while sum(map(len, lines)) < size:
        lines.append(b"# " + os.urandom(600).hex().encode() + b"\r\n")
    text = b"".join(lines)
    return text, hashlib.sha256(text).hexdigest()


def sieve_connect(folder, port, action, name, local=None, tls=True, host="localhost"):
    """Runs sieve-connect's upload, download or list for the script `name`; `local` is a file in `folder`. (status, output)"""
    # --nosrv: a DNS lookup for another server would take minutes without a resolver.
    command = ["sieve-connect", "--nosrv", "--server", host, "--port", port, "--user", USER, "--passwordfd", "0", "-4"]
    command += ["--noclearchan", "--tlscafile", "/mnt/certs/ca.pem"] if tls else ["--notlsverify", "--clearchan"]
    command += [f"--{action}", "--remotesieve", name, *(["--localsieve", f"/mnt/{local}"] if local else [])]
    done = subprocess.run(
        inside("clients", folder, command), input=PASSWORD.encode(), capture_output=True, timeout=Deadline(40).left()
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def openssl(folder, port, conversation, starttls=True):
    """A pipelined dialogue that ends with LOGOUT, through openssl s_client; returns its output."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-quiet", "-crlf"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    command += ["-starttls", "sieve"] if starttls else []
    process = subprocess.Popen(
        inside("clients", folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        process.stdin.write(conversation)
        process.stdin.flush()
        # Read to the end first: if its input were closed earlier, it would exit before the replies.
        said = process.stdout.read()
        process.wait(Deadline().left())
    finally:
        process.kill()
        process.wait()
    return said.decode(errors="replace")
