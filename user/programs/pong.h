/*
 * What the program pong serves: every call is answered with its own words. A
 * number of no contract: nobody else may say it.
 */
#ifndef NUNCIO_USER_PROGRAMS_PONG_H
#define NUNCIO_USER_PROGRAMS_PONG_H

#include <abi/message.h>

#define PONG_CONTRACT 0x7ff0u

#define PONG_CALL(words)                        \
    (NU_METHOD(PONG_CONTRACT, 1) | NU_OP_CALL | \
     ((uint64_t)(words) << NU_TAG_WORDS_SHIFT))

#endif /* NUNCIO_USER_PROGRAMS_PONG_H */
