/*
 * Numbers of message.h and callpage.h that assembly needs. message.h checks
 * each against the C declarations, so they cannot drift apart.
 */
#ifndef NUNCIO_ABI_OFFSETS_H
#define NUNCIO_ABI_OFFSETS_H

#define NU_CALL_PAGE_ASM  0x7ffff000
#define NU_CALL_LOCAL_ASM 0x010

/* struct nu_msgbuf */
#define NU_MSGBUF_HOOKS      1144
#define NU_MSGBUF_SELF       1152
#define NU_MSGBUF_LOCAL      1160
#define NU_MSGBUF_LOCAL_MASK 1168
#define NU_MSGBUF_ENTER      1176

/* struct nu_local */
#define NU_LOCAL_DISPATCH 0
#define NU_LOCAL_SELF     8
#define NU_LOCAL_WORD_TAG 16
#define NU_LOCAL_WORD     24
#define NU_LOCAL_HANDLE   32

/* Bit numbers in a tag, and the error for a number that is no handle. */
#define NU_OP_FIRST_BIT      52
#define NU_OP_COMPONENT_BIT  56
#define NU_OP_NOTE_BIT       57
#define NU_OP_NOTE_REPLY_BIT 58
#define NU_BADH_ASM          -16
#define NU_TAG_ONE_WORD      0x100000000

#endif /* NUNCIO_ABI_OFFSETS_H */
