/*
 * XML text, written element by element. What is written is well-formed: names
 * are the caller's constants, everything else is escaped, and bytes that XML
 * cannot carry (control characters, broken UTF-8) are refused, not dropped.
 *
 * Ownership: (out) is the caller's; nothing here allocates besides it.
 * Spec:      XML 1.0, 2.2 "Characters", 2.4 "Character data", 3.3.3
 *            "Attribute-value normalization".
 */
#ifndef NUNCIO_TOOL_XML_BUILD_H
#define NUNCIO_TOOL_XML_BUILD_H

#include <stdbool.h>

#include "pool.h"

#define XML_DEPTH_MAX 8

struct xml {
    struct text *out;
    const char *open[XML_DEPTH_MAX]; /* names of the elements we are in */
    unsigned depth;
    bool tag_is_open; /* "<name ..." without its ">" */
    bool has_text; /* the element under way has text, on its one line */
    const char *refused; /* the first value that XML cannot carry, or NULL */
};

void xml_begin(struct xml *xml, struct text *out);

void xml_open(struct xml *xml, const char *name);
/* Of the element that was opened last; before its content. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_attribute_hex(struct xml *xml, const char *name, unsigned value);
/* All that the element has in it, besides attributes. */
void xml_text(struct xml *xml, const char *value);
void xml_close(struct xml *xml);

/* <name>value</name> */
void xml_element(struct xml *xml, const char *name, const char *value);
/* <name attribute='value'/> */
void xml_empty(struct xml *xml, const char *name, const char *attribute,
               const char *value);

/* Can XML carry (text)? */
bool xml_can_carry(const char *text);

#endif /* NUNCIO_TOOL_XML_BUILD_H */
