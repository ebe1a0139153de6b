/*
 * KASSERT: for what the kernel itself guarantees. Never for a condition that
 * input from a process, a peer or a device could make false.
 */
#ifndef NUNCIO_KASSERT_H
#define NUNCIO_KASSERT_H

/* Supplied by the panic screen, and by host tests. */
_Noreturn void kassert_failed(const char *file, int line, const char *what);

#define KASSERT(condition) \
    ((condition) ? (void)0 : kassert_failed(__FILE__, __LINE__, #condition))

#endif /* NUNCIO_KASSERT_H */
