"""Bases of the fake servers and test clients of line protocols: commands and replies end with a line feed."""

from pysupport.starttls import Command, StartTlsClient, StartTlsServer


class LineServer(StartTlsServer):
    """Reads one line as one command; its first word is the verb."""

    def read_command(self):
        line = self.channel.line()
        words = line.split()
        return Command(line, words[0].upper() if words else b"", words[1:])


class LineClient(StartTlsClient):
    """Sends lines and returns complete replies as bytes."""

    STARTTLS = b"STARTTLS"  # the command that asks for TLS
    GO_AHEAD = b""  # how the reply to it begins, if TLS may start
    QUIT = b"QUIT"

    def arrive(self):
        self.greeting = self.reply()

    def reply(self, timeout=None):
        """One reply; by default one line."""
        return self.line(timeout)

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def starttls_request(self):
        return self.STARTTLS + b"\r\n"

    def read_go_ahead(self):
        answer = self.reply()
        if not answer.startswith(self.GO_AHEAD):
            raise AssertionError(f"{self.STARTTLS.decode()} was answered with {answer!r}")
        return answer

    def until_dot(self):
        """The lines of a multi-line block up to the line with a single dot, as they came."""
        return self.until(b"\r\n.\r\n")

    def quit(self):
        """Says goodbye, reads to the end of the stream, and closes; returns the server's goodbye."""
        answer = self.command(self.QUIT)
        self.leave()
        return answer


def coded_reply(client, timeout=None):
    """A reply of SMTP or FTP with all its lines: `250-…` continues, `250 …` is the last line."""
    whole = line = client.line(timeout)
    if line[3:4] == b"-":
        while not line.startswith(whole[:3] + b" "):
            line = client.line(timeout)
            whole += line
    return whole


def dotted(first, lines):
    """A status line, these lines, and the final dot."""
    return first + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b".\r\n"
