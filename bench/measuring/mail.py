"""Whole SMTP sessions: a server behind the proxies, clients in front of them, and what nginx asks for its upstream.

    python3 -m measuring.mail serve [CHAIN KEY]           prints its port, then serves until it is ended; with a
                                                          certificate it demands STARTTLS, else it knows no TLS
    python3 -m measuring.mail auth PORT                   the HTTP service that sends nginx to 127.0.0.1:PORT
    python3 -m measuring.mail run PORT COUNT AT_ONCE plain|starttls   the clients; prints what they took, as JSON

Every handshake is a full one: our clients keep no session, our server gives no ticket.
"""

import json
import queue
import socket
import ssl
import sys
import threading
import time

HEADER = b"Subject: bench\r\nFrom: a@example.org\r\nTo: b@example.net\r\n\r\n"
MESSAGE = HEADER + b"A line of a letter.\r\n" * 100 + b".\r\n"


class Lines:
    """A blocking connection, line by line."""

    def __init__(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.rest = sock, b""

    def line(self):
        while b"\n" not in self.rest:
            more = self.sock.recv(16384)
            if not more:
                raise EOFError("ended early")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def until(self, end):
        while not self.rest.endswith(end):
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("ended early")
            self.rest += more
        text, self.rest = self.rest, b""
        return text

    def expect(self, code):
        """Reads a whole reply, which must have this code; all its text."""
        text = []
        while True:
            line = self.line()
            text.append(line)
            if line[3:4] != b"-":
                break
        if not line.startswith(code):
            raise ValueError(f"{line!r} where {code!r} was due")
        return b"\n".join(text)

    def ask(self, command, code):
        self.sock.sendall(command)
        return self.expect(code)


def answer(sock, context):
    peer, secure = Lines(sock), context is None
    try:
        peer.sock.sendall(b"220 legacy.example.net ESMTP\r\n")
        while True:
            verb = peer.line()[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                offer = b"" if secure else b"250-STARTTLS\r\n"
                peer.sock.sendall(b"250-legacy.example.net\r\n250-SIZE 1000000\r\n" + offer + b"250 8BITMIME\r\n")
            elif verb == b"STAR" and not secure:
                peer.sock.sendall(b"220 go\r\n")
                peer.sock, secure = context.wrap_socket(peer.sock, server_side=True), True
            elif not secure and verb != b"QUIT":
                peer.sock.sendall(b"530 STARTTLS first\r\n")
            elif verb == b"DATA":
                peer.sock.sendall(b"354 go on\r\n")
                peer.until(b"\r\n.\r\n")
                peer.sock.sendall(b"250 taken\r\n")
            elif verb == b"QUIT":
                peer.sock.sendall(b"221 bye\r\n")
                break
            else:
                peer.sock.sendall(b"250 ok\r\n")
        if isinstance(peer.sock, ssl.SSLSocket):
            peer.sock.unwrap()
    except (OSError, EOFError):  # the clients count what went wrong
        pass
    peer.sock.close()


def serve(*certificate):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.num_tickets = 0
    accept(answer, context)


def accept(handle, argument):
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=handle, args=(sock, argument), daemon=True).start()


def direct(sock, port):
    """nginx's question, whatever it is, and our answer."""
    try:
        Lines(sock).until(b"\r\n\r\n")
        words = f"Auth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: {port}"
        sock.sendall(f"HTTP/1.0 200 OK\r\n{words}\r\n\r\n".encode())
    except (OSError, EOFError):
        pass
    sock.close()


def session(port, context):
    """One mail handed in, as most clients do it; the cipher's name where there was TLS."""
    peer, cipher = Lines(socket.create_connection(("127.0.0.1", port))), None
    peer.expect(b"220")
    offered = b"STARTTLS" in peer.ask(b"EHLO client.example.org\r\n", b"250")
    if offered != (context is not None):
        raise ValueError("STARTTLS is offered where it should not be, or is not where it should")
    if context:
        peer.ask(b"STARTTLS\r\n", b"220")
        peer.sock = context.wrap_socket(peer.sock, server_hostname="localhost")
        cipher = peer.sock.cipher()[0]
        peer.ask(b"EHLO client.example.org\r\n", b"250")
    peer.ask(b"MAIL FROM:<a@example.org>\r\n", b"250")
    peer.ask(b"RCPT TO:<b@example.net>\r\n", b"250")
    peer.ask(b"DATA\r\n", b"354")
    peer.ask(MESSAGE, b"250")
    peer.ask(b"QUIT\r\n", b"221")
    while peer.sock.recv(4096):
        pass
    if context:
        try:
            peer.sock.unwrap()
        except OSError:  # the other side has gone without waiting for our close_notify, as it may
            pass
    peer.sock.close()
    return cipher


def run(port, count, at_once, starttls):
    context = None
    if starttls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    work, ciphers, failures = queue.SimpleQueue(), set(), []
    for _ in range(count):
        work.put(None)

    def some():
        while not failures:
            try:
                work.get_nowait()
            except queue.Empty:
                return
            try:
                ciphers.add(session(port, context))
            except (OSError, EOFError, ValueError) as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=some) for _ in range(at_once)]
    begun, cpu = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = {"seconds": time.monotonic() - begun, "load_cpu": time.process_time() - cpu}
    if failures:
        sys.exit(f"a session failed: {failures[0]}")
    [cipher] = ciphers
    print(json.dumps({**taken, "cipher": cipher}), flush=True)


def main(verb, *arguments):
    if verb == "serve":
        serve(*arguments)
    elif verb == "auth":
        accept(direct, int(arguments[0]))
    else:
        run(int(arguments[0]), int(arguments[1]), int(arguments[2]), arguments[3] == "starttls")


if __name__ == "__main__":
    main(*sys.argv[1:])
