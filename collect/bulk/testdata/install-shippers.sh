#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches rsyslog (with omelasticsearch, and TLS by OpenSSL) and syslog-ng (with its
# http driver) from Debian's packages for the interoperability tests.
#
# As packages the two exclude each other (both provide system-log-daemon), and
# either would take over the machine's logging. So they are unpacked, not
# installed, into .cache/shippers; only the libraries they need are installed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
root=.cache/shippers

if [ -x "$root/usr/sbin/rsyslogd" ] && [ -x "$root/usr/sbin/syslog-ng" ] && compgen -G "$root/usr/lib/*/rsyslog/lmnsd_ossl.so" >/dev/null; then
	echo "rsyslog and syslog-ng are in $root already"
	exit 0
fi
command -v apt-get >/dev/null || { echo "no apt-get here: put rsyslogd and syslog-ng into PATH yourself"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
export DEBIAN_FRONTEND=noninteractive

daemons="rsyslog rsyslog-elasticsearch rsyslog-openssl syslog-ng-core syslog-ng-mod-http syslog-ng-scl"
libraries="libcurl4 libestr0 libfastjson4 libglib2.0-0 libivykis0 libjson-c5 liblognorm5 libnet1 libpcre3 libssl3 libsystemd0 libwrap0 libuuid1"

echo "installing libraries with apt-get: $libraries"
as_root apt-get update -q >/dev/null
# shellcheck disable=SC2086
as_root apt-get install -y -q --no-install-recommends $libraries >/dev/null

echo "unpacking into $root: $daemons"
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
chmod 755 "$packages"
for name in $daemons; do
	(cd "$packages" && apt-get download -q "$name" >/dev/null 2>&1) || echo "no package $name here"
done
mkdir -p "$root"
for deb in "$packages"/*.deb; do
	dpkg -x "$deb" "$root"
done
"$root/usr/sbin/rsyslogd" -v | head -1
LD_LIBRARY_PATH="$root/usr/lib/syslog-ng" "$root/usr/sbin/syslog-ng" --version --module-path "$(echo "$PWD/$root"/usr/lib/syslog-ng/3.*)" | head -1
