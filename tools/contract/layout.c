/* See layout.h. */
#include "layout.h"

struct extent {
    uint32_t width; /* of an element */
    uint32_t count; /* 0: no array */
    uint32_t align;
};

static struct extent extent_of(const struct type *type)
{
    struct extent e = {0, 0, 1};

    if (type->kind == TYPE_ARRAY) {
        e = extent_of(type->element);
        e.count = (uint32_t)type->number;
    } else if (type->kind == TYPE_SCALAR) {
        e.width = e.align = type->width;
    } else if (type->kind == TYPE_ENUM) {
        e.width = e.align = type->enumeration->width;
    } else if (type->kind == TYPE_STRUCT) {
        e.width = type->structure->layout->bytes;
        e.align = type->structure->layout->align;
    } else { /* a length */
        e.width = e.align = 4;
    }
    return e;
}

static struct field *add_field(struct compilation *c, struct layout *layout,
                               enum field_kind kind, const char *name)
{
    struct field *field = ast_alloc(c, sizeof(*field));

    field->kind = kind;
    field->name = name;
    field->offset = layout->bytes;
    layout->fields = ast_append(layout->fields, field);
    return field;
}

/* Named members for the gap up to a multiple of (align): the fewest that are
 * aligned themselves. */
static void fill_gap(struct compilation *c, struct layout *layout,
                     uint32_t align, uint32_t *number)
{
    while (layout->bytes % align != 0) {
        uint32_t width = 1;
        struct field *field;

        while (layout->bytes % (2 * width) == 0 && 2 * width < align)
            width *= 2;
        field =
            add_field(c, layout, FIELD_ZERO, ast_format(c, "zero%u_", *number));
        field->width = width;
        field->bytes = width;
        layout->bytes += width;
        layout->has_zero = true;
        (*number)++;
    }
}

static void add_item(struct compilation *c, struct item **list, uint32_t *count,
                     const struct param *param)
{
    struct item *item = ast_alloc(c, sizeof(*item));

    item->param = param;
    item->index = (*count)++;
    *list = ast_append(*list, item);
}

/* The fixed part's share of (param): false when it has none. */
static bool member_name(struct compilation *c, struct layout *layout,
                        const struct param *param, enum field_kind *kind,
                        const char **name)
{
    *kind = FIELD_VALUE;
    *name = param->name;
    if (param->type->kind == TYPE_HANDLE) {
        add_item(c, &layout->handles, &layout->handle_count, param);
        return false;
    }
    if (param->type->kind == TYPE_STRING || param->type->kind == TYPE_BYTES) {
        add_item(c, &layout->strings, &layout->string_count, param);
        *kind = FIELD_LENGTH;
        *name = ast_format(c, "%s_bytes", param->name);
    } else if (param->type->kind == TYPE_PAGES) {
        add_item(c, &layout->pages, &layout->page_count, param);
        *kind = FIELD_PAGES;
        *name = ast_format(c, "%s_pages", param->name);
    }
    return true;
}

static void note_checks(struct layout *layout, const struct type *type)
{
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind == TYPE_ENUM)
        layout->has_enum = true;
    if (type->kind == TYPE_STRUCT) {
        layout->has_enum |= type->structure->layout->has_enum;
        layout->has_zero |= type->structure->layout->has_zero;
    }
}

struct layout *layout_make(struct compilation *c, const struct param *params,
                           uint32_t unit)
{
    struct layout *layout = ast_alloc(c, sizeof(*layout));
    uint32_t number = 0;

    layout->align = 1;
    for (const struct param *p = params; p != NULL; p = p->next) {
        enum field_kind kind;
        const char *name;
        struct extent extent;
        struct field *field;

        if (!member_name(c, layout, p, &kind, &name))
            continue;
        extent = extent_of(p->type);
        fill_gap(c, layout, extent.align, &number);
        field = add_field(c, layout, kind, name);
        field->type = p->type;
        field->width = extent.width;
        field->count = extent.count;
        field->bytes = extent.width * (extent.count > 0 ? extent.count : 1);
        layout->bytes += field->bytes;
        if (extent.align > layout->align)
            layout->align = extent.align;
        if (kind == FIELD_VALUE)
            note_checks(layout, p->type);
        if (layout->bytes > LAYOUT_BYTES_MAX)
            return layout; /* too large: whoever asked says so */
    }
    if (layout->bytes > 0)
        fill_gap(c, layout, unit > layout->align ? unit : layout->align,
                 &number);
    return layout;
}
