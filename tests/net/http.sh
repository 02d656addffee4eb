#!/bin/bash
# The example httpd serves files of a volume to curl and wrk.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
folder=$scratch/www
mkdir -p "$folder/sub"
head -c 10000000 /dev/urandom > "$folder/large.bin"
head -c 300000 /dev/urandom > "$folder/middle.bin"
head -c 1024 /dev/urandom > "$folder/1k"
printf 'start\n' > "$folder/index.html"
printf 'text\n' > "$folder/a text.txt"
: > "$folder/empty"
printf 'secret\n' > "$scratch/secret"
guest_options=(--volume "$folder:$folder:ro" -m 1G)
guest_start httpd httpd 8080 "$folder"
guest_reachable

# answers CODE BYTES URL [OPTION...]
answers() {
    local got
    got=$(curl -gsS --max-time 20 --path-as-is -o "$scratch/body" -w '%{http_code} %{size_download}' "${@:4}" "$3")
    [[ $got == "$1 $2" ]] || fail "$3: $got, not $1 $2"
}

for url in "${guest_urls[@]}"; do
    base=http://$url:8080
    answers 200 6 "$base/"
    answers 200 5 "$base/a%20text.txt?query"
    answers 200 10000000 "$base/large.bin"
    cmp "$scratch/body" "$folder/large.bin"
    answers 200 0 "$base/empty"
    answers 200 0 "$base/large.bin" --head
    answers 404 14 "$base/none"
    answers 404 14 "$base/sub/"
    for path in /../secret /sub/../../secret /%2e%2e/secret /.%2E/secret /..; do
        answers 403 14 "$base$path"
    done
    answers 400 16 "$base/x%00y"
    answers 405 23 "$base/" -X DELETE
    answers 431 36 "$base/" -H "X: $(printf 'a%.0s' {1..9000})"
    # One connection for both.
    [[ $(curl -gsS -o "$scratch/body" -o "$scratch/body" -w '%{num_connects} ' "$base/1k" "$base/") == '1 0 ' ]] ||
        fail "connections do not stay open"

    # 200 connections at once.
    curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 200 \
        -o "$scratch/copy.#1" -w '%{http_code}\n' "$base/middle.bin?[1-200]" > "$scratch/codes" 2> "$scratch/curl.log"
    [[ $(sort "$scratch/codes" | uniq -c) =~ ^\ *200\ 200$ ]] || fail "$(sort "$scratch/codes" | uniq -c)"
    for copy in "$scratch"/copy.*; do cmp "$copy" "$folder/middle.bin"; done
    rm "$scratch"/copy.*

    # How many are answered in two seconds is the host's matter.
    requests=0 end=$((SECONDS + 20))
    until ((requests > 1000)); do
        ((SECONDS < end)) || fail "few requests: $requests"
        wrk -t 1 -c 64 -d 2 --timeout 20s "$base/1k" > "$scratch/wrk.log"
        ! grep -E 'Socket errors|Non-2xx' "$scratch/wrk.log" || fail "wrk"
        requests=$((requests + $(sed -nE 's/^ *([0-9]+) requests in.*/\1/p' "$scratch/wrk.log")))
    done
done
guest_end
