/* Contracts `space` and `memory`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <contract/memory.h>
#include <contract/space.h>

static uint32_t rights_for(uint32_t prot)
{
    return (prot & PROT_READ ? NU_RIGHT_READ : 0) |
           (prot & PROT_WRITE ? NU_RIGHT_WRITE : 0) |
           (prot & PROT_EXEC ? NU_RIGHT_EXEC : 0);
}

static int space_map_serve(void *self, struct nu_serve *call,
                           const struct space_map_req *req, nu_handle_t memory)
{
    struct object *object;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status == 0)
        status = kcall_object(call, memory, OBJECT_MEMORY,
                              rights_for(req->protection), &object);
    if (status != 0)
        return status;
    return space_map(self, (struct memory *)object, req->offset, req->addr,
                     req->bytes, req->protection);
}

static int space_unmap_serve(void *self, struct nu_serve *call,
                             const struct space_unmap_req *req)
{
    int status = kcall_need(call, NU_RIGHT_WRITE);

    return status != 0 ? status : space_unmap(self, req->addr);
}

static int space_protect_serve(void *self, struct nu_serve *call,
                               const struct space_protect_req *req)
{
    int status = kcall_need(call, NU_RIGHT_WRITE);

    return status != 0 ? status
                       : space_protect(self, req->addr, req->protection);
}

static int space_commit_serve(void *self, struct nu_serve *call,
                              const struct space_commit_req *req)
{
    int status = kcall_need(call, NU_RIGHT_WRITE);

    return status != 0 ? status : space_commit(self, req->addr, req->bytes);
}

static int space_info_serve(void *self, struct nu_serve *call,
                            struct space_info_rep *rep)
{
    const struct space *space = self;
    const struct list_node *n = space->mappings.next;

    (void)call;
    rep->mappings = space->mapping_count;
    rep->table_pages = space->table_pages;
    for (; n != &space->mappings; n = n->next) {
        const struct mapping *m = list_entry(n, struct mapping, link);

        rep->mapped_pages += (m->end - m->begin) / PAGE_BYTES;
    }
    return 0;
}

static int memory_info_serve(void *self, struct nu_serve *call,
                             struct memory_info_rep *rep)
{
    const struct memory *memory = self;

    (void)call;
    rep->pages = memory->pages;
    rep->resident_pages = memory->resident;
    return 0;
}

static int memory_physical_serve(void *self, struct nu_serve *call,
                                 const struct memory_physical_req *req,
                                 struct memory_physical_rep *rep)
{
    const struct memory *memory = self;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (memory->kind != MEMORY_DMA)
        return NU_DENIED;
    if (req->page >= memory->pages)
        return NU_RANGE;
    rep->addr = memory_page_if(memory, req->page);
    return 0;
}

static const struct space_ops space_ops = {
    .map = space_map_serve,
    .unmap = space_unmap_serve,
    .protect = space_protect_serve,
    .commit = space_commit_serve,
    .info = space_info_serve,
};

static const struct memory_ops memory_ops = {
    .info = memory_info_serve,
    .physical = memory_physical_serve,
};

static uint64_t dispatch_space(struct object *object, struct nu_serve *call)
{
    return space_dispatch(&space_ops, object, call);
}

static uint64_t dispatch_memory(struct object *object, struct nu_serve *call)
{
    return memory_dispatch(&memory_ops, object, call);
}

void obj_space_init(void)
{
    kobject_serve(OBJECT_SPACE, dispatch_space);
    kobject_serve(OBJECT_MEMORY, dispatch_memory);
}
