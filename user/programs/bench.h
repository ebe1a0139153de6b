/* Instructions of messages, as the time stamp counter counts them. */
#ifndef NUNCIO_USER_PROGRAMS_BENCH_H
#define NUNCIO_USER_PROGRAMS_BENCH_H

/* Prints `bench NAME instructions=N` for each operation that the program's
 * handles allow. 0, or 1 if one of them failed. */
int bench_run(void);

#endif /* NUNCIO_USER_PROGRAMS_BENCH_H */
