#!/bin/bash
# The commands of `make debug` against a running system: they find the processes,
# their handles, purses that add up, and page tables as they should be.
set -euo pipefail
build=$1
script=$build/debug-test.gdb
cat >"$script" <<'END'
hbreak process_end
continue
nu-threads
nu-handles shell
nu-purses
nu-pagetable 0x7ffff000
nu-pagetable &syscall_entry
nu-pagetable 0
nu-pagetable
kill
END
found=$(timeout -k 2 90 tools/debug/debug "$build" configs/files.conf 'ls /' \
    -batch -x "$script" 2>&1) || { echo "$found"; exit 1; }

expect() {
    grep -Eq "$1" <<<"$found" || {
        echo "$found"
        echo "no line matches: $1"
        exit 1
    }
}

expect '^\* *[0-9]+ shell\([0-9]+\)'
expect '^ +[0-9]+ block\([0-9]+\) .*receiving'
expect '^ +[0-9]+ init\([0-9]+\) .*receiving'
expect '^shell\([0-9]+\) running'
expect '^ +0x[0-9a-f]+ channel +rights 0x[0-9a-f]+'
expect '^sum of used: ([0-9]+); frames in use: \1$'
expect '^r-x user, frame'
expect '^r-x kernel, frame'
expect '^not present'
expect '^0x7ffff000 - 0x80000000 r-x user|^ +0x7ffff000 - +0x80000000 r-x user'
if grep -E '^ +0x.* rwx' <<<"$found"; then
    echo "a range is writable and executable"
    exit 1
fi
