#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends the requests of a list to a web server, from many addresses, in an order fixed by a seed.

    web.py --list web-attacks.tsv --target 10.20.30.10 --source 203.0.113.10 --source … --requests 900 --seconds 200
"""
import argparse
import http.client
import random
import time


def requests_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#") or not line.strip():
                continue
            method, target, headers, body = line.rstrip("\n").split("\t")
            yield method, target, [h.split(": ", 1) for h in headers.split("|") if h], body.encode()


def send(source, target, port, request):
    method, path, headers, body = request
    link = http.client.HTTPConnection(target, port, timeout=5, source_address=(source, 0))
    # The list holds addresses no well-behaved client would send.
    link._validate_path = lambda _: None
    try:
        link.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            link.putheader(name, value)
        if body:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body or None)
        link.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # a refused or broken connection is part of the traffic
    finally:
        link.close()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--list", required=True)
    args.add_argument("--target", required=True)
    args.add_argument("--port", type=int, default=80)
    args.add_argument("--source", action="append", required=True)
    args.add_argument("--requests", type=int, default=900)
    args.add_argument("--seconds", type=float, default=200)
    args.add_argument("--seed", type=int, default=1)
    opt = args.parse_args()
    dice = random.Random(opt.seed)
    wanted = list(requests_of(opt.list))
    begun = time.monotonic()
    for n in range(opt.requests):
        send(dice.choice(opt.source), opt.target, opt.port, dice.choice(wanted))
        late = begun + (n + 1) * opt.seconds / opt.requests - time.monotonic()
        if late > 0:
            time.sleep(late * dice.uniform(0.2, 1.8) if late < 1 else late)


main()
