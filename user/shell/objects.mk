programs += shell
program-shell-srcs := $(addprefix user/shell/,main.c commands.c complain.c line.c path.c listing.c \
    files.c format.c list.c sum.c system.c) user/programs/bench.c \
    guest-kernel/lib/nlib/sha256.c
