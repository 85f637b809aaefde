"""Connections through the proxy: units in plaintext, then the upgrade, then the question what the server has done."""

import asyncio
import os
import random
import re
import ssl
import time

from mutate import Mutator
from pysupport.timing import SLOWDOWN

# How long a server may think about input that may be incomplete.
PATIENCE = 0.15 * SLOWDOWN
STEP = 10 * SLOWDOWN
# 0: only the servers' own behaviour is judged, as for a proxy that knows no closed list.
CLOSED = os.environ.get("STARLOCK_DESYNC_CLOSED", "1") != "0"
NUMBER = re.compile(rb"\d+")


class Verdict:
    """What became of one connection. wrong: the promise that was broken, or None."""

    def __init__(self, granted=False, wrong=None, detail=b""):
        self.granted, self.wrong, self.detail = granted, wrong, detail


class Recorder:
    """Stands between the proxy and the server, and keeps what the latest connection said: `up`, `down`."""

    def __init__(self, server):
        self.server = server  # port
        self.connections = 0
        self.up, self.down = bytearray(), bytearray()
        self._tasks = set()

    async def listen(self):
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self):
        self._listener.close()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader, writer):
        self.connections += 1
        self.up, self.down = up, down = bytearray(), bytearray()
        self._tasks.add(asyncio.current_task())
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server, limit=1 << 20)
            await asyncio.gather(_pass(reader, far_writer, up), _pass(far_reader, writer, down))
            far_writer.transport.abort()
        except ConnectionError:
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.transport.abort()


async def _pass(reader, writer, record):
    try:
        while piece := await reader.read(65536):
            record += piece
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    try:
        writer.write_eof()
    except OSError:
        pass


class Talker:
    """Speaks to one server through the proxy's `port`, one connection at a time; `recorder` is behind the proxy."""

    def __init__(self, peer, port, recorder, context):
        self.peer, self.port, self.recorder, self.context = peer, port, recorder, context
        self.expected = None  # what an untouched session says inside TLS

    async def learn(self):
        for _ in range(3):  # a server may refuse connections that come all at once
            verdict = await self.converse([], patience=STEP)
            if verdict.granted:
                break
        assert verdict.granted and verdict.wrong is None, f"a session without any unit is upgraded: {verdict.wrong}"
        self.expected = self._normal(verdict.detail)

    def _normal(self, text):
        return NUMBER.sub(b"0", self.peer.without_noise(text))

    async def converse(self, units, together=True, patience=PATIENCE):
        peer, before = self.peer, self.recorder.connections
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        try:
            said = await self._until(reader, peer.greeting.match, STEP)
            if together:
                writer.write(b"".join(units) + peer.starttls)
            else:
                wanted = peer.answers(bytes(said)) + len(units)
                for unit in units:
                    writer.write(unit)
                await self._until(reader, lambda text: peer.answers(text) >= wanted, patience, said)
                writer.write(peer.starttls)
            await self._until(reader, lambda text: peer.go_ahead.search(text) or peer.refusal.search(text), patience, said)
            if not peer.go_ahead.search(bytes(said)):
                return Verdict()
            if self.recorder.connections != before + 1:
                return Verdict(True, "granted without a server")
            return await self._upgraded(reader, writer)
        except ConnectionError:
            return Verdict()
        finally:
            writer.transport.abort()

    async def _upgraded(self, reader, writer):
        peer = self.peer
        crossed, answered = bytes(self.recorder.up), bytes(self.recorder.down)
        answered = answered[peer.greeting.match(answered).end() :]
        lines, rest = peer.units(crossed)
        for line in lines:
            if CLOSED and not peer.on_the_list(line):
                return Verdict(True, "granted after a unit that is not on the closed list", line)
        if peer.leaving and peer.leaving.search(answered):
            return Verdict(True)
        if rest or peer.answers(answered) != len(lines):
            return Verdict(True, f"{len(lines)} units crossed, {peer.answers(answered)} were answered", crossed + b" -> " + answered)
        if any(re.search(rb"(?i)\A(QUIT|LOGOUT|\S+ LOGOUT)", line) for line in lines):
            return Verdict(True)
        inside = bytearray()
        try:
            await asyncio.wait_for(writer.start_tls(self.context, server_hostname="localhost"), STEP)
            writer.write(peer.probe)
            await self._until(reader, lambda text: peer.answers(text) >= peer.answers_inside, STEP, inside)
            writer.write(peer.quit)
            await self._until(reader, lambda _: False, STEP, inside)
        except (ssl.SSLError, asyncio.TimeoutError) as error:
            return Verdict(True, f"the handshake failed: {error}")
        if peer.leaving and peer.leaving.search(bytes(inside)):
            return Verdict(True)
        if self.expected is not None and self._normal(bytes(inside)) != self.expected:
            return Verdict(True, "what came inside TLS differs from an untouched session", bytes(inside))
        return Verdict(True, None, bytes(inside))

    # Reads until `enough`, the end, or the time is over; appends to `text`.
    async def _until(self, reader, enough, seconds, text=None):
        text = bytearray() if text is None else text
        end = time.monotonic() + seconds
        while not enough(bytes(text)):
            try:
                piece = await asyncio.wait_for(reader.read(65536), max(0.001, end - time.monotonic()))
            except asyncio.TimeoutError:
                break
            if not piece:
                break
            text += piece
        return text


def short(value):
    """A value as a test prints it: runs of one character are counted."""
    return re.sub(r"(.)\1{15,}", lambda run: f"{run[1]}<{len(run[0])} times>", repr(value))


class Run:
    """Connections of several talkers until the time is over. failures: the first few broken promises, as text."""

    def __init__(self, talkers, seed, corpus=()):
        self.talkers, self.corpus = talkers, list(corpus)
        self.mutator = Mutator(talkers[0].peer, random.Random(seed))
        self.connections = self.units = self.grants = 0
        self.failures = []

    async def go(self, seconds):
        end = time.monotonic() + seconds

        async def work(talker):
            await talker.learn()
            while (time.monotonic() < end or self.corpus) and len(self.failures) < 5:
                units = self.corpus.pop(0) if self.corpus else self.mutator.units()
                await self._one(talker, units, self.mutator.rng.random() < 0.7)

        await asyncio.gather(*map(work, self.talkers))

    async def _one(self, talker, units, together):
        verdict = await talker.converse(units, together)
        self.connections += 1
        self.units += len(units)
        self.grants += verdict.granted
        if verdict.wrong:
            how = "in one write" if together else "one by one"
            self.failures.append(f"{verdict.wrong}\n  said {how}: {short(units)}\n  got: {short(verdict.detail)}")
