/* Characters, names and text of canonical XML: the middle of `_transform.c`. */

/* Return the size of the UTF-8 character at `p` that XML 1.0 allows and set `code`; 0 if there is none. */
static inline size_t character(const byte *p, uint32_t *code)
{
    if (p[0] >= 0xC2 && p[0] < 0xE0 && (p[1] & 0xC0) == 0x80) {
        *code = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        return 2;
    }
    if ((p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        *code = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return *code < 0x800 || (*code >= 0xD800 && *code < 0xE000) || *code >= 0xFFFE ? 0 : 3;
    }
    if ((p[0] & 0xF8) == 0xF0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80) {
        *code = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        return *code < 0x10000 || *code > 0x10FFFF ? 0 : 4;
    }
    return 0;
}

typedef struct { uint32_t first, last; } Range;

static int within(const Range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return 1;
    return 0;
}

/* XML 1.0, fifth edition, productions 4 and 4a, beyond ASCII and without the colon. */
static const Range START_RANGES[] = {
    {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D},
    {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};
static const Range MORE_RANGES[] = {{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}};

#define WITHIN(ranges, code) within(ranges, sizeof ranges / sizeof *ranges, code)

/* Return the end of the NCName at `p`; `p` itself if there is none. */
static const byte *ncname(const byte *p)
{
    const byte *start = p;
    uint32_t code;
    for (;;) {
        if (classes[*p] & NAME) {
            if (p == start && !(classes[*p] & START))
                return start;
            p++;
            continue;
        }
        size_t size = *p < 0x80 ? 0 : character(p, &code);
        if (size == 0 || !(WITHIN(START_RANGES, code) || (p > start && WITHIN(MORE_RANGES, code))))
            return p;
        p += size;
    }
}

/* Does any of eight octets of text need a look: a control, `<`, `>`, `&`, DEL, or the first of a longer character? */
static inline int peculiar8(const byte *p)
{
    uint64_t piece;
    memcpy(&piece, p, 8);
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
#define NONE_IS(octet) ((piece ^ ones * (octet)) + ones * 0x7F)
    uint64_t others = NONE_IS('<') & NONE_IS('>') & NONE_IS('&') & NONE_IS(0x7F);
#undef NONE_IS
    return ((piece | ~others | ~(piece + ones * 0x60)) & high) != 0;
}

/* One reference of exclusive canonicalization in text: its size at `p`, and what is written for it. */
static size_t text_reference(const byte *p, Span *written)
{
    static const struct { const char *read, *write; byte size, written; } known[] = {
        {"&lt;", "&lt;", 4, 4}, {"&gt;", "&gt;", 4, 4}, {"&amp;", "&amp;", 5, 5}, {"&#xD;", "&#xd;", 5, 5},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp((const char *)p, known[i].read, known[i].size) == 0) {
            written->at = (const byte *)known[i].write;
            written->size = known[i].written;
            return known[i].size;
        }
    return 0;
}

/* Is the text at `p` shorter than twelve UTF-16 units? It is well-formed up to `<`, or refused later. */
static int is_short(const byte *p)
{
    Span ignored;
    size_t units = 0;
    while (*p != '<' && *p != 0 && units < 12) {
        size_t size = *p == '&' ? text_reference(p, &ignored) : 1;
        if (size == 0)
            return 0;
        units += ((*p & 0xC0) != 0x80) + (*p >= 0xF0);
        p += size;
    }
    return units < 12;
}

static size_t units_between(const byte *p, const byte *end)
{
    size_t units = 0;
    for (; p < end; p++)
        units += (size_t)((*p & 0xC0) != 0x80) + (*p >= 0xF0);
    return units;
}

/* Return the end of the run of characters from `p` that are written as they are; NULL if one is not allowed. */
static const byte *plain_run(const byte *p, const byte *end)
{
    uint32_t code;
    for (;;) {
        while (end - p >= 8 && !peculiar8(p))
            p += 8;
        while (classes[*p] & TEXT)
            p++;
        if (*p < 0x80)
            return p;
        do {
            size_t size = character(p, &code);
            if (size == 0)
                return fail("not UTF-8, or a character that XML does not allow"), NULL;
            if (code < 0xA0)
                return p;
            p += size;
        } while (*p >= 0x80);
    }
}

/* Write U+007F..U+009F as a reference; return what follows. */
static const byte *control(Output *out, const byte *p)
{
    static const char digits[] = "0123456789abcdef";
    byte code = *p == 0x7F ? 0x7F : p[1];
    PUT(out, "&#x");
    *out->put++ = (byte)digits[code >> 4];
    *out->put++ = (byte)digits[code & 15];
    PUT(out, ";");
    return p + (*p == 0x7F ? 1 : 2);
}

/* Write what stops a plain run, other than `<`. `bare`: here `>` is not escaped. NULL if it is not canonical. */
static const byte *escaped(Output *out, const byte *p, int bare)
{
    Span written;
    size_t size;
    if (*p == 0x7F || *p == 0xC2)
        return control(out, p);
    if (*p != '&' || (size = text_reference(p, &written)) == 0)
        return fail("text is not canonical"), NULL;
    if (bare)
        PUT(out, ">");
    else
        put(out, written.at, written.size);
    return p + size;
}

/* Write the text from `p` to the next `<` (rules 2 and 6); return where that stands. */
static const byte *text_node(State *state, const byte *p, const byte *end)
{
    const byte *start = p;
    while (*p == ' ' || *p == '\n' || *p == '\t' || (*p == '&' && strncmp((const char *)p, "&#xD;", 5) == 0))
        p += *p == '&' ? 5 : 1;
    if (*p == '<')
        return p;
    int brief = -1, after_escape = 0;
    size_t units = 0;
    for (p = start;;) {
        const byte *run = p;
        p = plain_run(p, end);
        if (p == NULL || !reserve(&state->out, (size_t)(p - run) + 8))
            return NULL;
        put(&state->out, run, (size_t)(p - run));
        if (*p == '<')
            return p;
        if (brief < 0)
            brief = is_short(start);
        units += units_between(run, p);
        int first = brief ? units == 0 : units % 512 == 0 || (after_escape && p == run);
        int bare = *p == '&' && p[1] == 'g' && !first && !(p > run && p[-1] == ']');
        p = escaped(&state->out, p, bare);
        if (p == NULL)
            return NULL;
        after_escape = !bare;
        units++;
    }
}
