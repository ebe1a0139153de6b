/*
 * Making objects again after a new connection: what was asked to get each is
 * asked once more, and the answer must be what it was.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <boot/klog.h>
#include <nlib/string.h>

/* A call of the link's own, to make (import) again. False: not now. */
static bool remake(struct import *import)
{
    struct link *link = import->link;
    struct link_call *call = call_begin(link, NULL, import);
    struct link_view view;

    if (call == NULL)
        return false;
    call->is_remake = true;
    if (!link_record_read(&view, import->recipe, import->recipe_bytes)) {
        call_end(link, call);
        return false;
    }
    link_draft_begin(&link_draft, LINK_REQUEST, call->id, view.head.tag);
    link_draft.head.object =
        import->parent == NULL ? LINK_OBJECT_GATE : import->parent->object;
    link_draft.words = view.words;
    memcpy(link_draft.reg_words, view.words,
           (view.word_count < NU_REG_WORDS ? view.word_count : NU_REG_WORDS) *
               sizeof(uint64_t));
    memcpy(link_draft.pieces, view.pieces,
           view.piece_count * sizeof(struct link_extent));
    link_draft.data_bytes = view.head.data_bytes;
    memcpy(link_draft.data, view.data, view.head.data_bytes);
    if (link_send_draft(link, &link_draft, LINK_CALL_INDEX(call->id)))
        return true;
    call_end(link, call);
    return false;
}

/* Each goes before all that wait, so the first that was made is the first. */

/* One after the other, oldest first: what another's recipe needs is there, or
 * could not be had, and then the other is not asked for either. */
void import_remake_next(struct link *link)
{
    struct list_node *n = link->imports.next;

    while (n != &link->imports) {
        struct import *import = list_entry(n, struct import, node);

        n = n->next;
        if (import->live || import->dead || import->round == link->round)
            continue;
        if (import->parent != NULL && import->parent->dead) {
            import_die(import);
            continue;
        }
        if (import->parent != NULL && !import->parent->live)
            continue;
        /* Not now: the next probe comes back to it. */
        if (!remake(import))
            return;
        import->round = link->round;
        link->remaking = true;
        return;
    }
}

void import_remake_all(struct link *link)
{
    if (link->remaking)
        return;
    link->round++;
    import_remake_next(link);
}

static bool is_same_answer(const struct import *import,
                           const struct link_view *view)
{
    return view->word_count >= import->word_count &&
           memcmp(import->words, view->words, import->word_count * 8u) == 0;
}

/* Nothing about the object: another time it may be had. */
static bool is_passing(int status)
{
    return status == NU_AGAIN || status == NU_BUSY || status == NU_TIMEOUT ||
           status == NU_INTR || status == NU_NOMEM || status == NU_NOSLOT ||
           status == NU_GONE || status == NU_IO || status == NU_INTERNAL;
}

/* What cannot be had just now is asked for again with the next sign of life. */
void import_remade(struct import *import, const struct link_view *view)
{
    struct link *link = import->link;
    int status = nu_tag_status(view->head.tag);

    if (is_passing(status))
        return;
    if (status != 0 || import->index >= view->handle_count ||
        (view->handles[import->index].rights & LINK_HANDLE_YOURS)) {
        klog(KLOG_WARN,
             "link to domain %u: an object could not be had again: "
             "%s",
             link->domid, nu_error_name(status));
        import_die(import);
    } else if (!is_same_answer(import, view)) {
        klog(KLOG_WARN, "link to domain %u: an object is not what it was: gone",
             link->domid);
        import_die(import);
    } else {
        import_set_live(import, view->handles[import->index].object);
    }
}
