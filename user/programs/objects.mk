# Test programs, each an image to be run with --exec or named in a configuration.
programs += bench pong empty hostile spin registers badptr faulty clientsuite
program-bench-srcs := $(addprefix user/programs/,bench.c bench_main.c bench_time.c bench_sides.c \
    bench_load.c counters.c)
program-pong-srcs := user/programs/pong.c user/programs/counters.c
program-empty-srcs := user/programs/empty.c
program-hostile-srcs := user/programs/hostile.c
program-spin-srcs := user/programs/spin.c
program-registers-srcs := user/programs/registers.c
program-badptr-srcs := user/programs/badptr.c
program-faulty-srcs := user/programs/faulty.c
program-clientsuite-srcs := user/programs/clientsuite.c user/programs/suite.c \
    user/programs/suite_files.c user/programs/suite_raw.c
