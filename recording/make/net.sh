# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A small internet. Every part is a network namespace:
#
#   scan  brute  web  bots  iot   out          five attackers' networks; "out" holds malware hosts, C2, resolver, mail
#     └─────┴─────┴───┬───┴────┴───┘
#                    net                       the internet's router
#                     │   <- Suricata listens here (interface up0 of edge), where a border sensor would stand
#                    edge                      the organisation's router
#          ┌──────────┼──────────┐
#         srv        cli        pot            servers, clients, honeypot
#
# Addresses are documentation ranges outside, private and documentation ranges inside. "out" has 192.88.99.0/24 (the
# retired 6to4 relay prefix, nobody's): Cowrie refuses to download from documentation ranges.

prefix=hdrec
spaces="net edge srv cli pot scan brute web bots iot out"

# in_ns NAME COMMAND…: runs in the namespace under a host name of its own, so that none of this machine's gets out.
in_ns() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    ip netns exec "$prefix-$name" unshare --uts sh -c 'hostname "$0" && exec "$@"' "$name" "$@"
}

nsip() { ip -n "$prefix-$1" "${@:2}"; }

# leaf NAME ROUTER GATEWAY4/LEN GATEWAY6/LEN: joins a namespace to a router with one link; quiet, whole packets.
leaf() {
    local name=$1 router=$2 gw4=$3 gw6=$4
    ip link add name "$name-up" netns "$prefix-$name" type veth peer name "to-$name" netns "$prefix-$router"
    nsip "$name" link set "$name-up" up
    nsip "$router" link set "to-$name" up
    in_ns "$name" ethtool -K "$name-up" tx off tso off gso off gro off >/dev/null 2>&1 || true
    in_ns "$router" ethtool -K "to-$name" tx off tso off gso off gro off >/dev/null 2>&1 || true
    nsip "$router" addr add "$gw4" dev "to-$name"
    nsip "$router" -6 addr add "$gw6" dev "to-$name" nodad
}

# addresses NAME GATEWAY4 GATEWAY6 LEN4 ADDRESS…: gives a leaf its addresses and default routes.
addresses() {
    local name=$1 gw4=$2 gw6=$3 len=$4 a
    shift 4
    for a in "$@"; do
        case $a in
            *:*) nsip "$name" -6 addr add "$a/64" dev "$name-up" nodad ;;
            *) nsip "$name" addr add "$a/$len" dev "$name-up" ;;
        esac
    done
    nsip "$name" route add default via "$gw4"
    nsip "$name" -6 route add default via "$gw6"
}

# source_from NAME ADDRESS: what runs next in this namespace comes from that address, whatever the tool.
source_from() {
    local dev="$1-up"
    case $2 in
        *:*) nsip "$1" -6 route replace default via "$(nsip "$1" -6 route show default | awk '{print $3; exit}')" dev "$dev" src "$2" ;;
        *) nsip "$1" route replace default via "$(nsip "$1" route show default | awk '{print $3; exit}')" dev "$dev" src "$2" ;;
    esac
}

range() { local i; for i in $(seq "$2" "$3"); do printf '%s%s ' "$1" "$i"; done; }

net_up() {
    local s
    for s in $spaces; do
        ip netns add "$prefix-$s"
        in_ns "$s" sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
            net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_unprivileged_port_start=0
        nsip "$s" link set lo up
        mkdir -p "/etc/netns/$prefix-$s"
        echo "nameserver 192.88.99.53" >"/etc/netns/$prefix-$s/resolv.conf"
    done
    for s in net edge; do
        in_ns "$s" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    done

    ip link add name up0 netns "$prefix-edge" type veth peer name down0 netns "$prefix-net"
    in_ns edge ethtool -K up0 tx off tso off gso off gro off >/dev/null 2>&1 || true
    in_ns net ethtool -K down0 tx off tso off gso off gro off >/dev/null 2>&1 || true
    nsip edge addr add 10.20.0.2/30 dev up0
    nsip net addr add 10.20.0.1/30 dev down0
    nsip edge -6 addr add 2001:db8:20:0::2/64 dev up0 nodad
    nsip net -6 addr add 2001:db8:20:0::1/64 dev down0 nodad
    nsip edge link set up0 up
    nsip net link set down0 up
    nsip edge route add default via 10.20.0.1
    nsip edge -6 route add default via 2001:db8:20:0::1
    nsip net route add 10.20.0.0/16 via 10.20.0.2
    nsip net -6 route add 2001:db8:20::/48 via 2001:db8:20:0::2

    leaf srv edge 10.20.30.1/24 2001:db8:20:30::1/64
    leaf cli edge 10.20.40.1/24 2001:db8:20:40::1/64
    leaf pot edge 10.20.50.1/24 2001:db8:20:50::1/64
    leaf scan net 198.51.100.1/25 2001:db8:a1::1/64
    leaf brute net 198.51.100.129/25 2001:db8:a2::1/64
    leaf web net 203.0.113.1/25 2001:db8:a3::1/64
    leaf bots net 203.0.113.129/25 2001:db8:a4::1/64
    leaf iot net 192.0.2.129/25 2001:db8:a5::1/64
    leaf out net 192.88.99.1/24 2001:db8:c2::1/64

    # shellcheck disable=SC2046 # the lists of addresses are meant to be split
    {
        addresses srv 10.20.30.1 2001:db8:20:30::1 24 $(range 10.20.30. 10 15) $(range 2001:db8:20:30:: 10 15)
        addresses cli 10.20.40.1 2001:db8:20:40::1 24 $(range 10.20.40. 21 60) $(range 2001:db8:20:40:: 21 30)
        addresses pot 10.20.50.1 2001:db8:20:50::1 24 10.20.50.10 2001:db8:20:50::10
        addresses scan 198.51.100.1 2001:db8:a1::1 25 $(range 198.51.100. 10 29) $(range 2001:db8:a1:: 10 14)
        addresses brute 198.51.100.129 2001:db8:a2::1 25 $(range 198.51.100. 140 169) $(range 2001:db8:a2:: 10 14)
        addresses web 203.0.113.1 2001:db8:a3::1 25 $(range 203.0.113. 10 49) $(range 2001:db8:a3:: 10 19)
        addresses bots 203.0.113.129 2001:db8:a4::1 25 $(range 203.0.113. 140 179) $(range 2001:db8:a4:: 10 14)
        addresses iot 192.0.2.129 2001:db8:a5::1 25 $(range 192.0.2. 140 169) $(range 2001:db8:a5:: 10 14)
        addresses out 192.88.99.1 2001:db8:c2::1 24 $(range 192.88.99. 20 29) 192.88.99.53 $(range 192.88.99. 60 69) 2001:db8:c2::20 2001:db8:c2::60
    }
}

# net_down ends what runs in our namespaces, by process id, and removes them. Safe when there is nothing.
net_down() {
    local s pid
    for s in $spaces; do
        ip netns list | grep -q "^$prefix-$s\b" || continue
        for pid in $(ip netns pids "$prefix-$s"); do kill -TERM "$pid" 2>/dev/null || true; done
    done
    sleep 1
    for s in $spaces; do
        ip netns list | grep -q "^$prefix-$s\b" || continue
        for pid in $(ip netns pids "$prefix-$s"); do kill -KILL "$pid" 2>/dev/null || true; done
        ip netns del "$prefix-$s" || true
        rm -rf "/etc/netns/$prefix-$s"
    done
}
