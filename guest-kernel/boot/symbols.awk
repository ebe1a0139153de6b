# Reads `nm -n` of the kernel's first link; writes the table of panic.c as
# assembly. Offsets are from image_text_begin; the last entry is the text's end.
BEGIN { count = 0; bytes = 0 }
# The low 32 bits are enough for a difference, and what an assembler can take.
function low(address) { return "0x" substr(address, 9) }
$3 == "image_text_begin" { inside = 1; base = $1; next }
$3 == "image_text_end" { inside = 0; end = $1 }
inside && ($2 == "t" || $2 == "T") && $3 !~ /^\./ && $1 != last {
    last = $1
    symbol[count] = $3
    address[count] = $1
    count++
}
END {
    print "    .section .symbol_table, \"a\""
    print "    .balign 8"
    print "    .globl symbol_table, symbol_count, symbol_base, symbol_names"
    print "symbol_base:"
    print "    .quad image_text_begin"
    print "symbol_table:"
    for (i = 0; i < count; i++) {
        printf "    .long %s - %s, %d\n", low(address[i]), low(base), bytes
        bytes += length(symbol[i]) + 1
    }
    if (count > 0)
        printf "    .long %s - %s, 0\n", low(end), low(base)
    else
        print "    .long 0, 0"
    print "symbol_count:"
    printf "    .long %d\n", count + 1
    print "symbol_names:"
    for (i = 0; i < count; i++)
        printf "    .asciz \"%s\"\n", symbol[i]
    print "    .byte 0"
}
