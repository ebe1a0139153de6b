#!/bin/sh
# Are the reference pages in the tree those that the contracts make now?
#     contract_docs.sh MADE COMMITTED
set -u
status=0
for page in "$1"/*.md; do
    if ! cmp -s "$page" "$2/${page##*/}"; then
        echo "$2/${page##*/} is not current: run make docs and commit"
        status=1
    fi
done
for page in "$2"/*.md; do
    if [ ! -e "$1/${page##*/}" ]; then
        echo "$page has no contract: run make docs and commit"
        status=1
    fi
done
exit $status
