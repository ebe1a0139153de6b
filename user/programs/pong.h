/*
 * What the program pong serves: every call of PONG_CALL is answered with its own
 * words, PONG_COUNTERS with struct counters (counters.h) of its machine, which
 * is how a measurement learns what happened on the other side of a link. A
 * number of no contract: nobody else may say it.
 */
#ifndef NUNCIO_USER_PROGRAMS_PONG_H
#define NUNCIO_USER_PROGRAMS_PONG_H

#include <abi/message.h>

#define PONG_CONTRACT 0x7ff0u

#define PONG_ECHO     NU_METHOD(PONG_CONTRACT, 1)
#define PONG_COUNTERS NU_METHOD(PONG_CONTRACT, 2)

#define PONG_CALL(words) \
    (PONG_ECHO | NU_OP_CALL | ((uint64_t)(words) << NU_TAG_WORDS_SHIFT))

#endif /* NUNCIO_USER_PROGRAMS_PONG_H */
