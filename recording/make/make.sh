#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the demo recording: installs the tools, builds a small internet out of network namespaces, lets real attack
# tools loose on real services in it while Suricata and Cowrie watch, and packs what the two wrote into ../data.
# Needs Debian 12, root, and a network for the packages only: no packet of the traffic leaves the namespaces.
#
#   make.sh            everything
#   make.sh install    only the tools
#   make.sh record     traffic and packing, with the tools already there
#   make.sh pack       only pack once more what the last run recorded
#   make.sh clean      only remove what a broken run left behind
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${RECORDING_WORK:-/var/tmp/haidang-recording}
venv=$work/venv
run=$work/run
export here work venv run

# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=net.sh
. "$here/net.sh"
# shellcheck source=services.sh
. "$here/services.sh"
# shellcheck source=attacks.sh
. "$here/attacks.sh"

[ "$(id -u)" = 0 ] || { echo "make.sh: must be run as root (network namespaces, raw sockets)" >&2; exit 1; }

record() {
    rm -rf "$run"
    mkdir -p "$run"
    trap net_down EXIT
    net_down
    net_up
    services_up
    attacks_all
    services_flush
    net_down
    trap - EXIT
    pack
}

pack() {
    mkdir -p "$here/../data"
    python3 "$here/pack.py" --eve "$run/suricata/eve.json" --cowrie "$run/cowrie/var/log/cowrie/cowrie.json" \
        --versions "$run/versions.json" --rules "$here/haidang.rules" --out "$here/../data"
}

case ${1:-all} in
    install) install_tools ;;
    clean) net_down ;;
    record) record ;;
    pack) pack ;;
    all) install_tools && record ;;
    *) echo "make.sh: unknown word '$1'; one of: all, install, record, pack, clean" >&2; exit 2 ;;
esac
