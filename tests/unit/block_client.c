/*
 * A client of the block service for tests.
 */
#include "block_client.h"
#include "virtio_model.h"

#include <string.h>

static struct svc_object *root;

int client_start(void)
{
    root = NULL;
    return block_service.start(&root);
}

int client_read(struct fake_call *call, uint64_t first, uint32_t sectors)
{
    struct block_read_req req = {.first = first, .sectors = sectors};
    uint64_t words[sizeof(req) / 8];

    memcpy(words, &req, sizeof(req));
    return fake_send(root, call, BLOCK_READ_METHOD, words, sizeof(req) / 8,
                     NULL, 0);
}

int client_info(struct block_info_rep *info)
{
    struct fake_call call;
    int status = fake_send(root, &call, BLOCK_INFO_METHOD, NULL, 0, NULL, 0);

    memcpy(info, call.words, sizeof(*info));
    fake_call_free(&call);
    return status;
}

bool client_has(const struct fake_call *call, uint64_t first, uint32_t sectors)
{
    if (!call->done || call->status != 0 || call->bytes != 512u * sectors)
        return false;
    for (size_t i = 0; i < call->bytes; i++)
        if (call->data[i] != model_byte(first * 512 + i))
            return false;
    return true;
}

bool client_reads_well(uint64_t first, uint32_t sectors)
{
    struct fake_call call;
    bool well;

    if (client_read(&call, first, sectors) != 1)
        return false;
    while (model.chain_count > 0) {
        model_answer_all();
        if (!fake_run_events())
            return false;
    }
    well = client_has(&call, first, sectors);
    fake_call_free(&call);
    return well;
}
