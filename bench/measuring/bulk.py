"""Bytes in bulk: a source and sink behind the proxies, and the client in front of them. Each is a process of its own.

    python3 -m measuring.bulk serve [CHAIN KEY]                   prints its port, then serves until it is ended
    python3 -m measuring.bulk up|down PORT BYTES plain|tls [check]  one transfer; prints what it took, as JSON

A connection begins with a request of 16 bytes: what, whether to check, how many bytes. An upload is answered with a
digest: the true one where it is to be checked, else zeros once all has arrived.
"""

import ctypes
import hashlib
import json
import os
import resource
import socket
import struct
import sys
import threading
import time

from measuring import libssl

REQUEST = struct.Struct("!4s?3xQ")
BLOCK = hashlib.shake_256(b"bulk").digest(libssl.BATCH)


def send_blocks(connection, size):
    for _ in range(size // len(BLOCK)):
        connection.sendall(BLOCK)
    if size % len(BLOCK):
        connection.sendall(BLOCK[: size % len(BLOCK)])


def digest_of_blocks(size):
    digest = hashlib.sha256()
    for start in range(0, size, len(BLOCK)):
        digest.update(BLOCK[: size - start])
    return digest.digest()


def receive(connection, size, check):
    """Takes exactly `size` bytes. The digest of them, or zeros."""
    buffer, digest = ctypes.create_string_buffer(libssl.BATCH), hashlib.sha256()
    # To let the kernel drop them (MSG_TRUNC) would be cheaper, but not for us alone: where no other core ever reads
    # what the proxy wrote, its sends find their pages in its own cache and cost less than half of what they do in life.
    while size > 0:
        n = connection.recv_into(buffer, min(size, libssl.BATCH))
        if n == 0:
            raise EOFError(f"{size} bytes are missing")
        if check:
            digest.update(memoryview(buffer)[:n])
        size -= n
    return digest.digest() if check else bytes(32)


def exactly(connection, size):
    buffer, got = ctypes.create_string_buffer(size), b""
    while len(got) < size:
        n = connection.recv_into(buffer, size - len(got))
        if n == 0:
            raise EOFError("ended early")
        got += buffer.raw[:n]
    return got


def answer(sock, context):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        connection = libssl.Connection(context, sock) if context else sock
        what, check, size = REQUEST.unpack(exactly(connection, REQUEST.size))
        if what == b"down":
            send_blocks(connection, size)
        else:
            connection.sendall(receive(connection, size, check))
        connection.close()
    except (OSError, EOFError):  # the client will say so; and whether we are there yet is asked without a request
        sock.close()


def serve(*certificate):
    context = libssl.Context(*certificate) if certificate else None
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=answer, args=(sock, context), daemon=True).start()


def transfer(what, port, size, tls, check):
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = libssl.Connection(libssl.Context(), sock) if tls else sock
    expected = digest_of_blocks(size) if check else bytes(32)
    begun, cpu = time.monotonic(), time.process_time()
    connection.sendall(REQUEST.pack(what.encode().ljust(4, b"\0"), check, size))
    if what == "down":
        digest = receive(connection, size, check)
    else:
        send_blocks(connection, size)
        digest = exactly(connection, 32)
    taken = {"seconds": time.monotonic() - begun, "load_cpu": time.process_time() - cpu}
    if digest != expected:
        raise ValueError("what arrived is not what was sent")
    cipher = connection.cipher if tls else None
    connection.close()
    return {**taken, "cipher": cipher}


def main(verb, *arguments):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if verb == "serve":
        return serve(*arguments)
    port, size, kind, *check = arguments
    print(json.dumps(transfer(verb, int(port), int(size), kind == "tls", bool(check))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
