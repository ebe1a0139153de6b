/*
 * The life of a domain's guest: it begins with hello, and ends when its queues
 * do, or with the next hello.
 *
 * Context: one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_LIFE_H
#define NUNCIO_BROKER_LIFE_H

#include "domain.h"

/*
 * The guest of a live (domain) says hello. 0, and the answers are in (hello);
 * -XEN_EOPNOTSUPP another version of the ABI; -XEN_EINVAL grant table or port
 * that cannot be; -XEN_EFAULT a grant table outside its memory; -XEN_ENOMEM
 * the store refuses. A guest that was running has ended, whatever the answer.
 */
int life_hello(struct broker *broker, struct domain *domain,
               struct broker_hello *hello);

/*
 * The guest is gone: its ports are closed, its grants are nobody's, its part
 * of the store is removed. Nothing happens if it was not running. (why) is a
 * word for the log.
 */
void life_end(struct broker *broker, struct domain *domain, const char *why);

/*
 * After each message of the front-end: finds what the guest named in its
 * memory as it is now, and ends a guest whose queues have ended. NULL, or what
 * is wrong.
 */
const char *life_refresh(struct broker *broker, struct domain *domain);

#endif /* NUNCIO_BROKER_LIFE_H */
