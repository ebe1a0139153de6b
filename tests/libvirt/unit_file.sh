#!/bin/sh
# unit_file.sh BUILD: systemd reads the broker's unit without a complaint, with
# the broker of this build in place of the installed one.
set -eu
unit=configs/systemd/nuncio-broker.service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
broker=$(realpath "$1")/nuncio-broker
sed "s|^ExecStart=[^ ]*|ExecStart=$broker|" "$unit" >"$work/nuncio-broker.service"
said=$(systemd-analyze verify --man=no --recursive-errors=no \
    "$work/nuncio-broker.service" 2>&1) || said="status $?: $said"
if [ -n "$said" ]; then
    echo "$said"
    exit 1
fi
# The options that it starts the broker with are options of the broker.
words=$(sed -n 's/^ExecStart=//p' "$unit" | grep -o -- '--[a-z]*')
for word in $words --add; do
    "$broker" 2>&1 | grep -q -- "$word " || { echo "no option $word"; exit 1; }
done
