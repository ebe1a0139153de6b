/*
 * The same as arch/x86/enter.h for host unit tests: the test supplies both
 * functions.
 */
#ifndef NUNCIO_STUB_ENTER_H
#define NUNCIO_STUB_ENTER_H

#include <abi/message.h>

struct nu_regs {
    uint64_t tag;
    uint64_t w0, w1, w2, w3;
    uint64_t badge;
};

struct nu_msgbuf *nu_buffer(void);
int nu_message(nu_handle_t handle, struct nu_regs *r);

#endif /* NUNCIO_STUB_ENTER_H */
