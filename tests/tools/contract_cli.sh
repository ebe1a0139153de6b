#!/bin/sh
# The contract compiler's command line: statuses, messages, and files that are
# written only when they change.
#     contract_cli.sh CONTRACT SCRATCH
set -u
contract=$1
dir=$2
failed=0

# expect WHAT STATUS OUTPUT COMMAND...: exact status and standard error.
expect() {
    what=$1 status=$2 output=$3
    shift 3
    got=$("$@" 2>&1 >"$dir/stdout")
    code=$?
    if [ $code -ne "$status" ] || [ "$got" != "$output" ] ||
       [ -s "$dir/stdout" ]; then
        printf '%s: status %s, said: %s\n' "$what" $code "$got"
        failed=1
    fi
}

rm -rf "$dir" && mkdir -p "$dir/out" "$dir/other" || exit 1
cat >"$dir/one.contract" <<'END'
contract one = 1 version 1 {
    method m = 1 (two.t x, handle<two> h) -> (u32 n);
}
END
cat >"$dir/two.contract" <<'END'
contract two = 2 version 1 {
    enum t : u8 { A = 1 }
    method m = 1 () -> ();
}
END
cat >"$dir/bad.contract" <<'END'
contract bad = 2 version 1 {
    method m = 1 (nope x) -> ();
    method n = 1 () -> ()
}
END
usage='usage: contract -o DIR [-I FILE]... FILE...'
expect 'no arguments' 2 "$usage" "$contract"
expect 'no files' 2 "$usage" "$contract" -o "$dir/out"
expect 'no directory' 2 "$usage" "$contract" "$dir/one.contract"
expect 'unknown option' 2 "$usage" "$contract" -x "$dir/one.contract"
expect 'no such file' 2 \
    "contract: cannot open $dir/none: No such file or directory" \
    "$contract" -o "$dir/out" "$dir/none"
expect 'no such directory' 2 \
    "contract: cannot write $dir/none/one.h: No such file or directory" \
    "$contract" -o "$dir/none" "$dir/one.contract" "$dir/two.contract"
expect 'all errors, in their places' 1 \
"$dir/bad.contract:4:1: error: syntax error, unexpected '}', expecting ';'
$dir/bad.contract:1:10: error: contract number 2 is used twice, first by 'two' in $dir/two.contract:1
$dir/bad.contract:2:19: error: unknown type 'nope'" \
    "$contract" -o "$dir/out" "$dir/two.contract" "$dir/bad.contract"
if [ -n "$(ls "$dir/out")" ]; then
    echo 'files in spite of errors'
    failed=1
fi
expect 'two contracts' 0 '' \
    "$contract" -o "$dir/out" "$dir/one.contract" "$dir/two.contract"
want='README.md one.h one.md one_dispatch.c tables.c tables.h two.h two.md two_dispatch.c'
if [ "$(cd "$dir/out" && LC_ALL=C ls | tr '\n' ' ')" != "$want " ]; then
    echo "made: $(ls "$dir/out")"
    failed=1
fi
# Again, with one contract changed: only what differs is written.
touch -d '2001-01-01' "$dir"/out/*
sed -i 's/n);/n, u32 o);/' "$dir/one.contract"
expect 'changed' 0 '' \
    "$contract" -o "$dir/out" "$dir/one.contract" "$dir/two.contract"
changed=$(cd "$dir/out" && find . -type f -newermt '2002-01-01' | LC_ALL=C sort |
          tr '\n' ' ')
if [ "$changed" != './one.h ./one.md ./one_dispatch.c ./tables.c ' ]; then
    echo "written: $changed"
    failed=1
fi
# -I: known, but no files of its own.
expect 'a reference' 0 '' \
    "$contract" -o "$dir/other" -I "$dir/two.contract" "$dir/one.contract"
if [ -e "$dir/other/two.h" ] || [ ! -e "$dir/other/one.h" ]; then
    echo "made with -I: $(ls "$dir/other")"
    failed=1
fi
exit $failed
