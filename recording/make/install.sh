# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The tools: Suricata from bookworm-backports, everything else from Debian 12, Cowrie from the Python package index.

: "${work:?}" "${venv:?sourced by make.sh}"

install_tools() {
    export DEBIAN_FRONTEND=noninteractive
    # A recording machine is a throw-away machine; still, no daemon may start by itself outside the namespaces.
    local policy=/usr/sbin/policy-rc.d made=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=yes
    fi
    if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
        # From the mirror that this machine already uses.
        apt-get update -q
        local mirror
        # shellcheck disable=SC2016 # apt's own placeholder
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1)
        echo "deb $mirror bookworm-backports main" >/etc/apt/sources.list.d/haidang-backports.list
    fi
    apt-get update -q
    apt-get install -y -q --no-install-recommends \
        iproute2 ethtool procps util-linux openssl curl jq zstd python3 python3-venv shellcheck \
        nmap hydra hping3 ncat ike-scan sshpass openssh-client telnet smbclient snmp tftp-hpa mosquitto-clients \
        nginx-light openssh-server vsftpd samba dnsmasq snmpd tftpd-hpa redis-server mosquitto xrdp dnsutils
    apt-get install -y -q --no-install-recommends -t bookworm-backports suricata
    mkdir -p "$work"
    [ -x "$venv/bin/cowrie" ] || /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" install -q cowrie==3.1.4
    if [ "$made" = yes ]; then rm -f "$policy"; fi
}

tool_versions() {
    local p
    printf '{\n  "suricata": "%s",\n  "cowrie": "%s"' "$(suricata -V | grep -o '[0-9][0-9.]*' | head -1)" \
        "$("$venv/bin/pip" show cowrie 2>/dev/null | sed -n 's/^Version: //p')"
    for p in nmap hydra hping3 ike-scan curl openssh-client openssh-server nginx-light vsftpd samba dnsmasq snmpd \
        tftpd-hpa redis-server mosquitto xrdp; do
        printf ',\n  "%s": "%s"' "$p" "$(dpkg-query -W -f '${Version}' "$p")"
    done
    printf '\n}\n'
}
