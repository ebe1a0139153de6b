# The contract compiler, from text to generated code.
fuzz-targets += contract
fuzz-contract-srcs := tests/fuzz/fuzz_contract.c \
                      $(contract-parts:%=tools/contract/%.c) \
                      $(contract-work)/parser.tab.c $(contract-work)/lexer.c
fuzz-contract-cflags := -Itools/contract -I$(contract-work) $(contract-relax)
