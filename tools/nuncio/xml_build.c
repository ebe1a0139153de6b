#include "xml_build.h"

#include <stdint.h>
#include <string.h>

void xml_begin(struct xml *xml, struct text *out)
{
    *xml = (struct xml){.out = out};
}

/* The character at (*text), which is moved behind it; 0 at the end and for
 * bytes that are not UTF-8 in its shortest form. */
static uint32_t next_character(const unsigned char **text)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = *text;
    uint32_t code = p[0];
    unsigned bytes;

    if (code < 0x80)
        bytes = 1;
    else if ((code & 0xe0) == 0xc0)
        bytes = 2;
    else if ((code & 0xf0) == 0xe0)
        bytes = 3;
    else if ((code & 0xf8) == 0xf0)
        bytes = 4;
    else
        return 0;
    if (bytes > 1)
        code &= 0x7fu >> bytes;
    for (unsigned i = 1; i < bytes; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (bytes > 1 && code < smallest[bytes])
        return 0;
    *text = p + bytes;
    return code;
}

/* XML 1.0's production [2], "Char". */
static bool is_character(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) ||
           (code >= 0x10000 && code <= 0x10ffff);
}

bool xml_can_carry(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    while (*p != '\0') {
        if (!is_character(next_character(&p)))
            return false;
    }
    return true;
}

/* White space that a reader would turn into blanks is written by number. */
static void add_escaped(struct xml *xml, const char *value)
{
    if (!xml_can_carry(value)) {
        if (xml->refused == NULL)
            xml->refused = value;
        return;
    }
    for (const char *p = value; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            text_puts(xml->out, "&amp;");
            break;
        case '<':
            text_puts(xml->out, "&lt;");
            break;
        case '>':
            text_puts(xml->out, "&gt;");
            break;
        case '\'':
            text_puts(xml->out, "&apos;");
            break;
        case '"':
            text_puts(xml->out, "&quot;");
            break;
        case '\t':
        case '\n':
        case '\r':
            text_printf(xml->out, "&#%d;", *p);
            break;
        default:
            text_add(xml->out, p, 1);
        }
    }
}

static void end_tag(struct xml *xml)
{
    if (xml->tag_is_open)
        text_puts(xml->out, ">\n");
    xml->tag_is_open = false;
}

void xml_open(struct xml *xml, const char *name)
{
    end_tag(xml);
    text_printf(xml->out, "%*s<%s", (int)(2 * xml->depth), "", name);
    xml->open[xml->depth++] = name;
    xml->tag_is_open = true;
}

void xml_attribute(struct xml *xml, const char *name, const char *value)
{
    text_printf(xml->out, " %s='", name);
    add_escaped(xml, value);
    text_puts(xml->out, "'");
}

void xml_attribute_hex(struct xml *xml, const char *name, unsigned value)
{
    text_printf(xml->out, " %s='0x%x'", name, value);
}

void xml_text(struct xml *xml, const char *value)
{
    text_puts(xml->out, ">");
    add_escaped(xml, value);
    xml->tag_is_open = false;
    xml->has_text = true;
}

void xml_close(struct xml *xml)
{
    const char *name = xml->open[--xml->depth];

    if (xml->tag_is_open)
        text_puts(xml->out, "/>\n");
    else if (xml->has_text)
        text_printf(xml->out, "</%s>\n", name);
    else
        text_printf(xml->out, "%*s</%s>\n", (int)(2 * xml->depth), "", name);
    xml->tag_is_open = false;
    xml->has_text = false;
}

void xml_element(struct xml *xml, const char *name, const char *value)
{
    xml_open(xml, name);
    xml_text(xml, value);
    xml_close(xml);
}

void xml_empty(struct xml *xml, const char *name, const char *attribute,
               const char *value)
{
    xml_open(xml, name);
    xml_attribute(xml, attribute, value);
    xml_close(xml);
}
