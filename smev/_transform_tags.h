/* Start tags of canonical XML: the middle of `_transform.c`. */

static const struct { const char *read; byte size, meaning; } VALUE_REFERENCES[] = {
    {"&amp;", 5, '&'}, {"&lt;", 4, '<'}, {"&quot;", 6, '"'}, {"&#x9;", 5, '\t'}, {"&#xA;", 5, '\n'}, {"&#xD;", 5, '\r'},
};

/* Return the number of octets of the reference at `p` and set what it means; 0 if exc-c14n never writes it. */
static size_t value_reference(const byte *p, int *meaning)
{
    for (size_t i = 0; i < sizeof VALUE_REFERENCES / sizeof *VALUE_REFERENCES; i++)
        if (strncmp((const char *)p, VALUE_REFERENCES[i].read, VALUE_REFERENCES[i].size) == 0) {
            *meaning = VALUE_REFERENCES[i].meaning;
            return VALUE_REFERENCES[i].size;
        }
    return 0;
}

/* Take one octet off the front, a reference counting as what it means; -1 at the end. */
static int next_octet(Span *text)
{
    if (text->size == 0)
        return -1;
    int octet = *text->at;
    size_t size = 1;
    if (octet == '&')
        size = value_reference(text->at, &octet);
    text->at += size;
    text->size -= size;
    return octet;
}

/* Order by UTF-16 code units: as octets, but U+10000 and above (F0..F4) stand before U+E000..U+FFFF (EE, EF). */
static int compare(Span a, Span b)
{
    int x, y;
    do {
        x = next_octet(&a);
        y = next_octet(&b);
    } while (x == y && x >= 0);
    x += x == 0xEE || x == 0xEF ? 16 : 0;
    y += y == 0xEE || y == 0xEF ? 16 : 0;
    return (x > y) - (x < y);
}

/* Rule 5: attributes with a namespace first, by URI and local name, then the others by local name. */
static int by_rule(const void *left, const void *right)
{
    const Attribute *a = left, *b = right;
    if ((a->uri == 0) != (b->uri == 0))
        return a->uri == 0 ? 1 : -1;
    int order = a->uri == b->uri ? 0 : compare(a->space, b->space);
    return order ? order : compare(a->local, b->local);
}

/* Return the closing quote of the value at `p`, or NULL. */
static const byte *value_end(const byte *p)
{
    uint32_t code;
    int meaning;
    for (;;) {
        while (classes[*p] & VALUE)
            p++;
        if (*p == '"')
            return p;
        size_t size = *p == '&' ? value_reference(p, &meaning) : *p >= 0x80 ? character(p, &code) : 0;
        if (size == 0)
            return fail("an attribute value is not canonical"), NULL;
        p += size;
    }
}

static int is(Span text, const char *literal, size_t size)
{
    return text.size == size && memcmp(text.at, literal, size) == 0;
}

#define IS(text, literal) is(text, literal, sizeof literal - 1)

/* Read a name that may have a prefix; return its end, or NULL. */
static const byte *qname(const byte *p, Span *prefix, Span *local)
{
    const byte *end = ncname(p);
    prefix->at = local->at = p;
    prefix->size = 0;
    if (*end == ':' && end > p) {
        prefix->size = (size_t)(end - p);
        local->at = end + 1;
        end = ncname(end + 1);
    }
    local->size = (size_t)(end - local->at);
    if (local->size == 0)
        return fail("a name is not well-formed"), NULL;
    if (IS(*prefix, "xml")) {
        PyErr_SetString(refused, RESERVED);
        return NULL;
    }
    return end;
}

/* Bind a prefix (empty: the default namespace) until the end of the element. */
static int declare(State *state, Span prefix, Span uri)
{
    if (IS(uri, "http://www.w3.org/XML/1998/namespace") || IS(uri, "http://www.w3.org/2000/xmlns/")
        || (prefix.size && uri.size == 0) || IS(prefix, "xml") || IS(prefix, "xmlns"))
        return fail("a namespace that must not be declared");
    size_t number = word(&state->prefixes, prefix), bound = uri.size ? word(&state->uris, uri) : 0;
    if (number == 0 || (uri.size && bound == 0))
        return 0;
    Word *entry = WORD(state->prefixes, number);
    if (entry->declared_at == state->tags)
        return fail("a prefix is declared twice");
    Binding *old = push(&state->overridden, sizeof(Binding));
    if (old == NULL)
        return 0;
    old->prefix = number;
    old->uri = entry->bound;
    entry->bound = bound;
    entry->declared_at = state->tags;
    return 1;
}

/* Read one attribute or declaration; `p` stands behind the blank. Return what follows, or NULL. */
static const byte *attribute(State *state, const byte *p)
{
    Span prefix, local, value;
    p = qname(p, &prefix, &local);
    if (p == NULL)
        return NULL;
    if (p[0] != '=' || p[1] != '"')
        return fail("a tag is not canonical"), NULL;
    value.at = p + 2;
    p = value_end(value.at);
    if (p == NULL)
        return NULL;
    value.size = (size_t)(p - value.at);
    if (IS(prefix, "xmlns"))
        return declare(state, local, value) ? p + 1 : NULL;
    if (prefix.size == 0 && IS(local, "xmlns"))
        return declare(state, prefix, value) ? p + 1 : NULL;
    Attribute *fresh = push(&state->attributes, sizeof(Attribute));
    if (fresh == NULL)
        return NULL;
    fresh->local = local;
    fresh->value = value;
    fresh->prefix = prefix.size ? word(&state->prefixes, prefix) : 0;
    return prefix.size && fresh->prefix == 0 ? NULL : p + 1;
}

/* Find the namespaces of the attributes, sort them and give prefixes at first need. */
static int resolve(State *state)
{
    Attribute *attributes = state->attributes.items;
    size_t count = state->attributes.count;
    for (size_t i = 0; i < count; i++)
        if (attributes[i].prefix) {
            attributes[i].uri = WORD(state->prefixes, attributes[i].prefix)->bound;
            if (attributes[i].uri == 0)
                return fail("a prefix is not declared");
            attributes[i].space = WORD(state->uris, attributes[i].uri)->text;
        }
    if (count > 1)
        qsort(attributes, count, sizeof *attributes, by_rule);
    for (size_t i = 0; i < count; i++) {
        if (i && by_rule(attributes + i - 1, attributes + i) == 0)
            return fail("an attribute is given twice");
        if (attributes[i].uri && !prefix_in_use(state, attributes[i].uri))
            return 0;
    }
    return 1;
}

/* Write `="value"`: the same octets, but for the letters of references, which are small here. */
static void put_value(Output *out, Span value)
{
    PUT(out, "=\"");
    byte *copy = out->put;
    put(out, value.at, value.size);
    while ((copy = memchr(copy, '&', (size_t)(out->put - copy))) != NULL) {
        if (copy[1] == '#' && copy[3] != '9')
            copy[3] += 'a' - 'A';
        copy++;
    }
    PUT(out, "\"");
}

static int put_tag(State *state, const Element *element)
{
    const Attribute *attributes = state->attributes.items;
    const Word *uri = WORD(state->uris, element->uri);
    Output *out = &state->out;
    if (!reserve(out, element->local.size + uri->ns_size + 3))
        return 0;
    PUT(out, "<");
    put(out, uri->ns, uri->ns_size);
    PUT(out, ":");
    put(out, element->local.at, element->local.size);
    for (size_t i = element->fresh; i < state->fresh.count; i++) {
        uri = WORD(state->uris, ((const size_t *)state->fresh.items)[i]);
        if (!reserve(out, uri->ns_size + uri->text.size + 16))
            return 0;
        PUT(out, " xmlns:");
        put(out, uri->ns, uri->ns_size);
        put_value(out, uri->text);
    }
    for (size_t i = 0; i < state->attributes.count; i++) {
        const Attribute *one = attributes + i;
        uri = one->uri ? WORD(state->uris, one->uri) : NULL;
        if (!reserve(out, one->local.size + one->value.size + 32))
            return 0;
        PUT(out, " ");
        if (uri != NULL) {
            put(out, uri->ns, uri->ns_size);
            PUT(out, ":");
        }
        put(out, one->local.at, one->local.size);
        put_value(out, one->value);
    }
    if (!reserve(out, 1))
        return 0;
    PUT(out, ">");
    return 1;
}

/* Read a start tag and write it again; `p` stands behind `<`. Return what follows the tag, or NULL. */
static const byte *start_tag(State *state, const byte *p)
{
    Element element = {{p, 0}, {p, 0}, 0, state->overridden.count, state->fresh.count};
    Span prefix;
    state->attributes.count = 0;
    state->tags++;
    p = qname(p, &prefix, &element.local);
    if (p == NULL)
        return NULL;
    element.name.size = (size_t)(p - element.name.at);
    while (*p == ' ')
        if ((p = attribute(state, p + 1)) == NULL)
            return NULL;
    if (*p != '>')
        return fail("a tag is not canonical"), NULL;
    size_t number = word(&state->prefixes, prefix);
    if (number == 0)
        return NULL;
    element.uri = WORD(state->prefixes, number)->bound;
    if (element.uri == 0) {
        if (prefix.size)
            return fail("a prefix is not declared"), NULL;
        PyErr_SetString(refused, NO_NAMESPACE);
        return NULL;
    }
    if (!prefix_in_use(state, element.uri) || !resolve(state) || !put_tag(state, &element))
        return NULL;
    Element *open = push(&state->elements, sizeof(Element));
    if (open == NULL)
        return NULL;
    *open = element;
    return p + 1;
}
