#!/bin/sh
# Fails if the kernel image (an ELF file) holds an instruction that would let it
# touch user memory, or a segment that is writable and executable.
set -eu

if objdump -d --no-show-raw-insn "$1" | grep -wE 'stac' ; then
    echo "$1: stac would switch SMAP off" >&2
    exit 1
fi
if readelf -lW "$1" | grep -E '^ *LOAD.* RWE ' ; then
    echo "$1: a segment is writable and executable" >&2
    exit 1
fi
