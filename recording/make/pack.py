#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs what Suricata and Cowrie wrote: cuts repetition by a fixed rule, refuses anything that names this machine,
compresses with zstd, and writes the manifest.

The rule, by flow_id, which is as good as chance and the same on every run over the same files:
  netflow records come two to a flow and repeat its flow record: kept where flow_id % 16 is 0;
  flow records of probes that got no answer and raised no alert: kept where flow_id % 2 is 0;
  anomalies of the stream layer (floods and scans make the same one again and again): kept where flow_id % 8 is 0.
Every other line is kept, unchanged and in order.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import re
import socket
import subprocess

RULE = ("netflow: only flow_id % 16 == 0; flow without an answer and without an alert: only flow_id % 2 == 0; "
        "anomaly of type stream: only flow_id % 8 == 0; all other lines unchanged and in order")


def kept(record):
    kind = record.get("event_type")
    if kind == "netflow":
        return record["flow_id"] % 16 == 0
    if kind == "flow" and record["flow"]["pkts_toclient"] == 0 and not record["flow"]["alerted"]:
        return record["flow_id"] % 2 == 0
    if kind == "anomaly" and record["anomaly"]["type"] == "stream":
        return record.get("flow_id", 0) % 8 == 0
    return True


def read(path, keep):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if keep(record):
                yield line.rstrip("\n"), record


def refuse_leaks(name, lines):
    host = re.escape(socket.gethostname())
    leak = re.compile(rf'"{host}"|\b{host}\.|/work\b|/var/tmp|haidang-recording|/root/(?!payload)|/home/|/tmp/bash')
    for number, line in enumerate(lines, 1):
        found = leak.search(line)
        if found:
            raise SystemExit(f"pack: {name} line {number} names this machine: {found.group()!r} in {line[:300]}")


def put(out, name, lines):
    data = ("\n".join(lines) + "\n").encode()
    target = out / f"{name}.ndjson.zst"
    target.write_bytes(subprocess.run(["zstd", "-19", "--ultra", "--long=24", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout)
    return {"file": f"data/{target.name}", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "lines": len(lines)}


def counted(values):
    return dict(sorted(collections.Counter(values).items()))


def main():
    args = argparse.ArgumentParser()
    for word in ("eve", "cowrie", "versions", "rules", "out"):
        args.add_argument(f"--{word}", required=True)
    opt = args.parse_args()
    out = pathlib.Path(opt.out)
    eve = list(read(opt.eve, kept))
    cowrie = list(read(opt.cowrie, lambda _: True))
    for name, rows in (("eve", eve), ("cowrie", cowrie)):
        refuse_leaks(name, [line for line, _ in rows])
    alerts = [r["alert"] for _, r in eve if r["event_type"] == "alert"]
    streams = {
        "eve": put(out, "eve", [line for line, _ in eve]) | {
            "format": "eve", "first": eve[0][1]["timestamp"], "last": eve[-1][1]["timestamp"], "cut": RULE, "alerts": len(alerts),
            "by_type": counted(r["event_type"] for _, r in eve), "by_signature": counted(str(a["signature_id"]) for a in alerts)},
        "cowrie": put(out, "cowrie", [line for line, _ in cowrie]) | {
            "format": "cowrie", "first": cowrie[0][1]["timestamp"], "last": cowrie[-1][1]["timestamp"], "cut": "none",
            "by_type": counted(r["eventid"] for _, r in cowrie)},
    }
    manifest = {
        "made": eve[0][1]["timestamp"][:10],
        "tools": json.loads(pathlib.Path(opt.versions).read_text()),
        "rules": {"file": "make/haidang.rules", "sha256": hashlib.sha256(pathlib.Path(opt.rules).read_bytes()).hexdigest(),
                  "signatures": sum(line.startswith("alert ") for line in open(opt.rules, encoding="utf-8"))},
        "networks": {"home": ["10.20.0.0/16", "2001:db8:20::/48"],
                     "outside": ["198.51.100.0/24", "203.0.113.0/24", "192.0.2.128/25", "192.88.99.0/24", "2001:db8:a1::/64", "2001:db8:a2::/64",
                                 "2001:db8:a3::/64", "2001:db8:a4::/64", "2001:db8:a5::/64", "2001:db8:c2::/64"]},
        "streams": streams,
    }
    (out.parent / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


main()
