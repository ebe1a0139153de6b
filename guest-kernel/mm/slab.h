/*
 * Small objects of a purse, cut from pages that it alone pays for. The public
 * calls are in mm/purse.h.
 */
#ifndef NUNCIO_MM_SLAB_H
#define NUNCIO_MM_SLAB_H

#include <mm/purse.h>

/* Gives back the empty pages kept for reuse: the purse has no holder left. */
void slab_flush(struct purse *purse);

#endif /* NUNCIO_MM_SLAB_H */
