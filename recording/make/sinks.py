#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small servers where no packaged daemon fits: takes mail and drops it, answers like a mining pool, a chat server,
a Modbus device, a VNC screen, a telephone exchange, a DHT peer, and the test implant's gate.

    sinks.py KIND=ADDRESS:PORT …
"""
import asyncio
import sys


async def mail(reader, writer):
    async def say(text):
        writer.write(text.encode() + b"\r\n")
        await writer.drain()

    await say("220 thu.truong-hoc.example ESMTP")
    body = False
    while line := await reader.readline():
        if body:
            if line == b".\r\n":
                body = False
                await say("250 2.0.0 queued")
            continue
        verb = line.split(b" ")[0].strip().upper()
        if verb == b"EHLO":
            writer.write(b"250-thu.truong-hoc.example\r\n250-AUTH PLAIN LOGIN\r\n")
            await say("250 8BITMIME")
        elif verb == b"AUTH":
            await say("535 5.7.8 authentication failed")
        elif verb == b"DATA":
            body = True
            await say("354 go on")
        elif verb == b"QUIT":
            await say("221 2.0.0 bye")
            return
        else:
            await say("250 2.0.0 ok")


async def pool(reader, writer):
    while line := await reader.readline():
        ident = b"2" if b"authorize" in line else b"1"
        writer.write(b'{"id":' + ident + b',"result":true,"error":null}\n')
        await writer.drain()


async def irc(reader, writer):
    writer.write(b":chat.example 001 bot :welcome\r\n")
    while line := await reader.readline():
        if line.startswith(b"JOIN"):
            writer.write(b":chat.example 332 bot #den :PRIVMSG !wait\r\n")
            await writer.drain()


async def gate(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    body = b"HAIDANG-TEST-TASK sleep 30\n"
    writer.write(b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    await writer.drain()


async def modbus(reader, writer):
    while True:
        head = await reader.readexactly(7)
        pdu = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
        answer = pdu[:5] if pdu[0] in (5, 6) else pdu[:1] + b"\x04\x00\x01\x00\x02"
        writer.write(head[:4] + (len(answer) + 1).to_bytes(2, "big") + head[6:7] + answer)
        await writer.drain()


async def vnc(reader, writer):
    writer.write(b"RFB 003.008\n")
    await reader.readexactly(12)
    writer.write(b"\x01\x02")
    await reader.readexactly(1)
    writer.write(bytes(range(16)))
    await reader.readexactly(16)
    writer.write(b"\x00\x00\x00\x01\x00\x00\x00\x0blogin wrong")
    await writer.drain()


class Datagram(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(self.answer(data), addr)


def sip(data):
    keep = [line for line in data.split(b"\r\n") if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
    return b"SIP/2.0 401 Unauthorized\r\n" + b"\r\n".join(keep) + b"\r\nContent-Length: 0\r\n\r\n"


def dht(data):
    return b"d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re"


STREAMS = {"mail": mail, "pool": pool, "irc": irc, "gate": gate, "modbus": modbus, "vnc": vnc}
DATAGRAMS = {"sip": sip, "dht": dht}


def closing(handler):
    async def handle(reader, writer):
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()

    return handle


async def main():
    loop = asyncio.get_running_loop()
    for word in sys.argv[1:]:
        kind, place = word.split("=")
        host, port = place.rsplit(":", 1)
        if kind in DATAGRAMS:
            await loop.create_datagram_endpoint(lambda k=kind: Datagram(DATAGRAMS[k]), local_addr=(host, int(port)))
        else:
            await asyncio.start_server(closing(STREAMS[kind]), host, int(port))
    await asyncio.Event().wait()


asyncio.run(main())
