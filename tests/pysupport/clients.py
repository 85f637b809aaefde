"""Real mail clients, from a private root or from Python. Each is a function that sends one message.

Arguments: the port, the message, and `tls`: None, "starttls" or "implicit". Each returns a Result.
"""

import itertools
import os
import pathlib
import smtplib
import ssl
import subprocess

from pysupport.daemons import inside
from pysupport.timing import Deadline

SENDER, RECIPIENT = "a@example.com", "b@example.net"
_numbers = itertools.count()


class Message:
    """A message with a unique token, and with lines that mail programs have handled wrongly."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.token = f"token-{os.getpid()}-{next(_numbers)}-{os.urandom(4).hex()}".encode()
        self.body = (
            b"this is " + self.token + b"\r\n.\r\n..\r\n.a line with a dot\r\nSTARTTLS\r\nFrom here\r\n"
            b"\r\n   \r\nQUIT\r\n" + b"y" * 900 + b"\r\nthe end\r\n"
        )  # fmt: skip
        head = f"From: <{SENDER}>\r\nTo: <{RECIPIENT}>\r\nSubject: every line arrives\r\n\r\n"
        self.bytes = head.encode() + self.body
        self.path = self.folder / f"{self.token.decode()}.eml"
        self.path.write_bytes(self.bytes)

    def arrived_in(self, text):
        """Whether a delivered message has our body, line by line (swaks appends an empty line)."""
        body = text.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
        return body.rstrip(b"\n") == self.body.replace(b"\r\n", b"\n").rstrip(b"\n")


class Result:
    def __init__(self, sent, text):
        self.sent, self.text = sent, text


def _run(message, command, stdin=None):
    done = subprocess.run(
        inside("clients", message.folder, command), input=stdin or b"", capture_output=True, timeout=Deadline(40).left()
    )
    return Result(done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace"))


def swaks(port, message, tls=None, lmtp=False, options=()):
    command = ["swaks", "--server", "127.0.0.1", "--port", port, "--from", SENDER, "--to", RECIPIENT, "--ehlo", "swaks.example"]
    command += ["--data", f"@/mnt/{message.path.name}", "--protocol", "LMTP" if lmtp else "ESMTP"]
    if tls is not None:
        command += ["--tls" if tls == "starttls" else "--tls-on-connect"]
        command += ["--tls-verify", "--tls-ca-path", "/mnt/certs/ca.pem"]
    return _run(message, [*command, *options])


def curl(port, message, tls=None, options=()):
    command = ["curl", "-sS", "-v", f"smtp{'s' if tls == 'implicit' else ''}://127.0.0.1:{port}/curl.example"]
    command += ["--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file", f"/mnt/{message.path.name}"]
    command += ["--cacert", "/mnt/certs/ca.pem", *(["--ssl-reqd"] if tls else [])]
    return _run(message, [*command, *options])


def msmtp(port, message, tls=None, options=()):
    command = ["msmtp", "--host=127.0.0.1", f"--port={port}", f"--from={SENDER}", "--auth=off", "--domain=msmtp.example"]
    if tls is None:
        command += ["--tls=off"]
    else:
        command += ["--tls=on", f"--tls-starttls={'on' if tls == 'starttls' else 'off'}", "--tls-trust-file=/mnt/certs/ca.pem"]
    text = message.bytes.replace(b"\r\n", b"\n")
    return _run(message, [*command, *options, RECIPIENT], text)


def python(port, message, tls=None, lmtp=False):
    """smtplib."""
    context = ssl.create_default_context(cafile=str(message.folder / "certs" / "ca.pem"))
    timeout = Deadline(40).left()
    try:
        if lmtp:
            session = smtplib.LMTP("localhost", port, "python.example")
        elif tls == "implicit":
            session = smtplib.SMTP_SSL("localhost", port, "python.example", timeout=timeout, context=context)
        else:
            session = smtplib.SMTP("localhost", port, "python.example", timeout=timeout)
        with session:
            if tls == "starttls":
                session.starttls(context=context)
            session.sendmail(SENDER, [RECIPIENT], message.bytes)
    except (smtplib.SMTPException, OSError) as error:
        return Result(False, repr(error))
    return Result(True, "")


def openssl(port, message, tls="starttls", lmtp=False, options=()):
    """openssl s_client, with an SMTP dialogue through it."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-quiet", "-crlf"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost", *options]
    if tls == "starttls":
        command += ["-starttls", "lmtp" if lmtp else "smtp"]
    process = subprocess.Popen(
        inside("clients", message.folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = []
    hello = "LHLO" if lmtp else "EHLO"
    # After STARTTLS, s_client prints the last line of the EHLO reply that it got before TLS: "250 …".
    answers = {f"{hello} openssl.example": "250 ", f"MAIL FROM:<{SENDER}>": "250 ", f"RCPT TO:<{RECIPIENT}>": "250 ",
               "DATA": "354 "}  # fmt: skip

    def until(code):
        for line in process.stdout:
            said.append(line.decode(errors="replace"))
            if said[-1].startswith(code):
                return True
        return False

    def say(data):
        process.stdin.write(data)
        process.stdin.flush()

    try:
        good = until("250 " if tls == "starttls" else "220 ")
        for line, code in answers.items():
            if good:
                say(line.encode() + b"\n")
                good = until(code)
        if good:
            lines = message.bytes.replace(b"\r\n", b"\n")
            say(lines.replace(b"\n.", b"\n..") + b".\n")
            good = until("250 ")
            say(b"QUIT\n")
            good = good and until("221 ")
        process.stdin.close()
        said += [line.decode(errors="replace") for line in process.stdout]
        process.wait(Deadline().left())
    except (OSError, subprocess.TimeoutExpired) as error:
        return Result(False, "".join(said) + repr(error))
    finally:
        process.kill()
        process.wait()
    return Result(good, "".join(said))


ALL = {"swaks": swaks, "curl": curl, "msmtp": msmtp, "smtplib": python, "openssl": openssl}
