/*
 * No call of the system holds the broker for long. All its files are such that
 * do not block; but an eventfd is shared with a front-end, who may say at any
 * time that it blocks, and fill it. So while there is work a timer ticks, and a
 * call that waits returns with EINTR.
 *
 * Context: one thread. Idle, nothing ticks.
 */
#ifndef NUNCIO_BROKER_DEADMAN_H
#define NUNCIO_BROKER_DEADMAN_H

#define DEADMAN_TICK_MS 100

/* Once, at the start. */
void deadman_start(void);
/* There is work: the timer ticks for a while from now on. */
void deadman_work(void);

#endif /* NUNCIO_BROKER_DEADMAN_H */
