/* What `make bench` measures: tests/bench/bench.py reads what these print. */
#ifndef NUNCIO_USER_PROGRAMS_BENCH_H
#define NUNCIO_USER_PROGRAMS_BENCH_H

/* The file that is read, FILE_BYTES of it. */
#define BENCH_PATH       "/bench/file"
#define BENCH_FILE_BYTES (1024u * 1024u)
/* The most that one message reads; more is read by several. */
#define BENCH_READ_MAX 65536u

/* Each returns 0, or 1 if something failed, which it has said. */

/* `bench NAME instructions=N` for each operation that the program's handles
 * allow, as the time stamp counter counts them. */
int bench_run(void);

/* `bench NAME ns=N`: reads and calls, by the clock. The median of some rounds. */
int bench_time(void);

/* `sides NAME calls=N near.busy=N ... far.busy=N ...`: what calls do on this
 * machine and on that of `pong`; counters.h. The round with the least work. Of
 * operation (name) alone unless that is NULL. */
int bench_sides(const char *name);

/* `load ops=N bytes=N ns=N near.busy=N ...`: opens, reads whole and closes
 * (ops) files of /bench/load, drawn as SPECweb99 draws them. Other machines'
 * counters come by `pong` and `pong-disk`, as far.* and disk.*. */
int bench_load(unsigned ops);

#endif /* NUNCIO_USER_PROGRAMS_BENCH_H */
