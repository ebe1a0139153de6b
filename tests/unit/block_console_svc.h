/*
 * A service runtime and a kernel for tests of drivers on the host: the driver's
 * calls of svc_*() and its messages to `device` and `interrupt` end here; the
 * test is the client. One service at a time.
 *
 * The generated stubs and dispatch of the contracts are the real ones.
 */
#ifndef TESTS_UNIT_BLOCK_CONSOLE_SVC_H
#define TESTS_UNIT_BLOCK_CONSOLE_SVC_H

#include <contract/device.h>
#include <rt/service.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DEVICE    1u
#define FAKE_PURSE     2u
#define FAKE_INTERRUPT 3u
#define FAKE_MEMORY    16u /* plus the number of the mapping */
#define FAKE_MEMORIES  16u

/* Memory behind a handle that device.region or device.dma gave. */
struct fake_memory {
    uint8_t *at;
    size_t bytes;
    uint64_t bus; /* 0: not for DMA */
};

struct fake_option {
    const char *name;
    const char *value;
};

/* A call that the test makes of the service. */
struct fake_call {
    struct nu_serve serve; /* first: svc_pending is a fake_call */
    uint64_t words[NU_WORDS_MAX];
    bool deferred;
    bool done;
    int status;
    uint8_t *data; /* result string */
    size_t bytes;
};

extern struct fake_svc {
    const struct device_ops *device_ops; /* the model of the device */
    void *device;
    const struct fake_option *options; /* ends with a NULL name */
    unsigned defer_max; /* calls deferred at once */
    unsigned deferred;
    unsigned fail_nth; /* this call of kernel or runtime fails; 0: none */
    unsigned messages;
    struct fake_memory memory[FAKE_MEMORIES];
    unsigned memories;
    svc_event_fn handler;
    void *handler_arg;
    bool latched; /* edges while masked are remembered (MSI-X) */
    bool masked;
    bool signalled;
    unsigned lost_edges;
    void (*before_ack)(void); /* once, when the driver acknowledges */
    unsigned log_lines;
    char log[256]; /* the last line */
} fake;

/* All as new; frees what the last test left. */
void fake_reset(const struct device_ops *ops, void *device);

/* Sends a request and returns its status, or 1 when it is deferred. */
int fake_send(struct svc_object *root, struct fake_call *call, uint64_t method,
              const uint64_t *words, uint32_t count, const void *string,
              size_t bytes);
void fake_call_free(struct fake_call *call);

/* New memory for a region or for DMA; its handle. */
nu_handle_t fake_memory_new(size_t bytes, uint64_t bus);
/* What the device sees at (bus), or NULL if that is not DMA memory. */
uint8_t *fake_bus(uint64_t bus, size_t bytes);

/* The device's interrupt line rises, or it sends a message. */
void fake_edge(void);
/* Delivers what is signalled, until nothing is; false if that never ends. */
bool fake_run_events(void);

#endif /* TESTS_UNIT_BLOCK_CONSOLE_SVC_H */
