# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The daemons: real ones in srv, the honeypot in pot, what lies outside in out, and the sensor in edge.

: "${here:?}" "${run:?}" "${venv:?sourced by make.sh}" "${prefix:?sourced after net.sh}"

# daemon SPACE COMMAND…: starts a program in the background in a namespace, in a process group of its own (smbd ends
# its whole group when it stops); its words go to a file.
daemon() {
    local space=$1
    shift
    in_ns "$space" setsid "$@" >"$run/$space-$(basename "$1").log" 2>&1 &
}

services_up() {
    tool_versions >"$run/versions.json"
    make_keys
    make_content
    sensor_up
    servers_up
    outside_up
    honeypot_up
    wait_port srv 10.20.30.10 80
    wait_port srv 10.20.30.13 22
    wait_port out 192.88.99.60 80
    wait_port pot 10.20.50.10 22
    wait_port pot 10.20.50.10 23
}

wait_port() {
    local i
    for i in $(seq 1 100); do
        if in_ns "$1" bash -c "exec 3<>/dev/tcp/$2/$3" 2>/dev/null; then return 0; fi
        sleep 0.3
    done
    echo "services: nothing answers at $2 port $3 in $1 after $i tries" >&2
    return 1
}

make_keys() {
    mkdir -p "$run/tls" "$run/ssh"
    local cn
    for cn in www.truong-hoc.example www.ngan-hang.example den-do-c2; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/C=VN/O=Hai Dang Demo/CN=$cn" \
            -keyout "$run/tls/$cn.key" -out "$run/tls/$cn.crt" 2>/dev/null
    done
    ssh-keygen -q -t ed25519 -N '' -C demo -f "$run/ssh/host"
    ssh-keygen -q -t ed25519 -N '' -C demo -f "$run/ssh/client"
}

make_content() {
    mkdir -p "$run/www" "$run/bad" "$run/tftp" "$run/ftp" "$run/share"
    chmod 755 "$run" "$run/www" "$run/bad"
    echo '<html><title>Trường học</title><h1>Chào mừng</h1></html>' >"$run/www/index.html"
    printf 'User-agent: *\nDisallow: /admin/\n' >"$run/www/robots.txt"
    head -c 30000 /dev/zero | tr '\0' 'a' >"$run/www/lich-hoc.pdf"
    # shellcheck disable=SC2016 # a hashed password
    echo 'demo:$apr1$abcdefgh$mZDGtKgGXB0i8Ee1uHt3e1' >"$run/htpasswd"
    echo '<html><form method=post><input name=tendangnhap><input name=matkhau type=password></form></html>' >"$run/bad/index.html"
    # The agreed harmless antivirus test file, put together here so that this script is not taken for one.
    # shellcheck disable=SC2016 # not a variable
    printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*' >"$run/bad/hoa-don.com"
    printf 'MZ\220\0\3\0\0\0This is no program. It belongs to a demo recording.\n' >"$run/bad/anh-dep.jpg"
    local f
    for f in bins.sh wget.sh x86 arm7 mips; do printf '#!/bin/sh\n# harmless: %s of a demo recording\necho demo\n' "$f" >"$run/bad/$f"; done
    echo 'config of a demo recording' >"$run/tftp/startup-config"
    echo 'thời khoá biểu' >"$run/ftp/doc.txt"
    echo 'bảng điểm' >"$run/share/diem.txt"
    cp "$here/conf/nginx-srv.conf" "$here/conf/nginx-out.conf" "$run/"
    sed -i "s#@RUN@#$run#g" "$run/nginx-srv.conf" "$run/nginx-out.conf"
}

sensor_up() {
    mkdir -p "$run/suricata"
    daemon edge suricata -c "$here/conf/suricata.yaml" -S "$here/haidang.rules" -l "$run/suricata" --af-packet=up0 -k none \
        --pidfile "$run/suricata.pid"
    local i
    for i in $(seq 1 100); do
        if grep -qs 'Engine started' "$run/edge-suricata.log"; then return 0; fi
        sleep 0.2
    done
    echo "services: Suricata did not start after $i tries; see $run/edge-suricata.log" >&2
    return 1
}

servers_up() {
    daemon srv nginx -c "$run/nginx-srv.conf" -e "$run/nginx-srv.err" -g 'daemon off;'
    mkdir -p /run/sshd
    daemon srv /usr/sbin/sshd -D -e -f /dev/null -h "$run/ssh/host" -o ListenAddress=10.20.30.13 -o ListenAddress=2001:db8:20:30::13 \
        -o MaxAuthTries=6 -o MaxStartups=100 -o UsePAM=no -o PermitRootLogin=no -o PidFile="$run/sshd.pid"
    printf 'listen=YES\nlisten_address=10.20.30.12\nbackground=NO\nanonymous_enable=YES\nno_anon_password=YES\nanon_root=%s\nlocal_enable=NO\nsecure_chroot_dir=/var/run/vsftpd/empty\nseccomp_sandbox=NO\n' "$run/ftp" >"$run/vsftpd.conf"
    mkdir -p /var/run/vsftpd/empty
    daemon srv vsftpd "$run/vsftpd.conf"
    mkdir -p "$run/smb"
    printf '[global]\nnetbios name = FILES\nworkgroup = TRUONG\nserver min protocol = NT1\nlock directory = %s\nstate directory = %s\ncache directory = %s\nprivate dir = %s\npid directory = %s\nncalrpc dir = %s/ncalrpc\nlog file = %s/log\nmap to guest = never\nload printers = no\ndisable spoolss = yes\nbind interfaces only = yes\ninterfaces = 10.20.30.12\n[hoc-lieu]\npath = %s\nread only = yes\n' \
        "$run/smb" "$run/smb" "$run/smb" "$run/smb" "$run/smb" "$run/smb" "$run/smb" "$run/share" >"$run/smb.conf"
    daemon srv smbd -F --no-process-group -s "$run/smb.conf"
    daemon srv dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --pid-file="$run/dnsmasq-srv.pid" --listen-address=10.20.30.13 --bind-interfaces \
        --address=/truong-hoc.example/10.20.30.10 --txt-record=truong-hoc.example,"v=spf1 -all"
    printf 'rocommunity public\nsysName infra\nsysLocation Ha Noi\nsysContact ban-quan-tri@truong-hoc.example\nagentAddress udp:10.20.30.13:161\n' >"$run/snmpd.conf"
    daemon srv snmpd -f -Lo -C -c "$run/snmpd.conf" -p "$run/snmpd.pid"
    daemon srv in.tftpd -L -a 10.20.30.12:69 -s "$run/tftp"
    daemon srv redis-server --bind 10.20.30.14 --port 6379 --protected-mode no --save '' --dir "$run" --enable-protected-configs yes
    printf 'listener 1883 10.20.30.15\nallow_anonymous true\n' >"$run/mosquitto.conf"
    daemon srv mosquitto -c "$run/mosquitto.conf"
    mkdir -p "$run/xrdp"
    sed -e 's/^port=3389/port=tcp:\/\/10.20.30.14:3389/' -e "s#^LogFile=.*#LogFile=$run/xrdp/xrdp.log#" /etc/xrdp/xrdp.ini >"$run/xrdp/xrdp.ini"
    daemon srv xrdp --nodaemon --config "$run/xrdp/xrdp.ini"
    daemon srv python3 "$here/sinks.py" mail=10.20.30.11:25 modbus=10.20.30.15:502 vnc=10.20.30.15:5900 sip=10.20.30.15:5060
}

outside_up() {
    daemon out nginx -c "$run/nginx-out.conf" -e "$run/nginx-out.err" -g 'daemon off;'
    daemon out dnsmasq -k -C "$here/conf/resolver.conf" --user=root --pid-file="$run/dnsmasq-out.pid"
    daemon out python3 "$here/sinks.py" pool=192.88.99.62:3333 irc=192.88.99.63:6667 mail=192.88.99.25:25 dht=192.88.99.64:6881 \
        gate=192.88.99.61:80 gate=192.88.99.61:8080
}

honeypot_up() {
    local pot=$run/cowrie
    mkdir -p "$pot/etc" "$pot/var/log/cowrie" "$pot/var/lib/cowrie/downloads" "$pot/var/lib/cowrie/tty" "$pot/var/run"
    cp "$here/conf/cowrie.cfg" "$here/conf/userdb.txt" "$pot/etc/"
    chown -R nobody:nogroup "$pot"
    # shellcheck disable=SC2016 # expanded by the inner shell
    daemon pot setpriv --reuid nobody --regid nogroup --clear-groups env HOME=/nonexistent PATH="$venv/bin:/usr/bin:/bin" \
        sh -c 'cd "$0" && exec twistd -n --umask=0022 --pidfile= cowrie' "$pot"
}

# services_flush ends sensor and honeypot politely, so that open flows and sessions are written out.
services_flush() {
    local pid i
    for pid in $(ip netns pids "$prefix-pot") $(cat "$run/suricata.pid"); do kill -TERM "$pid" 2>/dev/null || true; done
    for i in $(seq 1 100); do
        [ -e "$run/suricata.pid" ] && kill -0 "$(cat "$run/suricata.pid")" 2>/dev/null || return 0
        sleep 0.2
    done
    echo "services: Suricata still runs after $i waits" >&2
}
