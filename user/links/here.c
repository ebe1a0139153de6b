/* This domain, and what we were told of it: links.h. */
#include "links.h"

struct here here;
