/* Between the two halves: lives (drivers.c), and what the broker says of them
 * (drivers_list.c). */
#ifndef NUNCIO_TOOL_DRIVERS_INTERNAL_H
#define NUNCIO_TOOL_DRIVERS_INTERNAL_H

#include "drivers.h"

#define DRIVERS_ASK_MS 200 /* between two looks at the broker's list */

/* The run is over; the first sentence counts. */
void drivers_fail(struct drivers *drivers, const char *sentence);
void driver_kill_hung(struct driver *driver);

/* Has the broker ended? Then the run has, too. False if it is not ours. */
bool drivers_look_at_broker(struct drivers *drivers);
/* Asks for the list when it is time, and takes the answer when it is there. */
void drivers_ask(struct drivers *drivers);

#endif /* NUNCIO_TOOL_DRIVERS_INTERNAL_H */
