/* SMEV's transform over canonical octets, compiled: one pass, no tree. The twin of `_transform_py.py`.
 *
 * It reads exactly what exclusive canonicalization writes. On anything else it raises NotCanonicalError, and the
 * caller goes through a parser: so this file never has to guess what odd input means. Every read is bounded by the
 * NUL that CPython keeps behind a bytes object: no scanner steps over a NUL. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned char byte;
typedef struct { const byte *at; size_t size; } Span;

static PyObject *not_canonical, *refused;
static uint64_t seed;

static const char NO_NAMESPACE[] = "an element has no namespace: SMEV's transform does not allow it";
static const char RESERVED[] = "the prefix xml is reserved: SMEV's transform does not allow it";

/* Classes of octets: what may stand in a run of text, in a run of an attribute value, in a name. */
enum { TEXT = 1, VALUE = 2, NAME = 4, START = 8 };
static byte classes[256];

static void fill_classes(void)
{
    for (int c = 0x20; c < 0x7f; c++)
        classes[c] = TEXT | VALUE;
    classes['\t'] = classes['\n'] = TEXT;
    classes['<'] = classes['&'] = 0;
    classes['>'] = VALUE;
    classes['"'] = TEXT;
    classes[0x7f] = VALUE;
    for (int c = 'a'; c <= 'z'; c++) {
        classes[c] |= NAME | START;
        classes[c - 32] |= NAME | START;
    }
    for (int c = '0'; c <= '9'; c++)
        classes[c] |= NAME;
    classes['-'] |= NAME;
    classes['.'] |= NAME;
    classes['_'] |= NAME | START;
}

static int fail(const char *reason)
{
    PyErr_SetString(not_canonical, reason);
    return 0;
}

/* ---- growing arrays ------------------------------------------------------------------------------------------ */

typedef struct { PyObject *object; byte *start, *put, *end; } Output;

static int grow(Output *out, size_t need)
{
    size_t used = (size_t)(out->put - out->start), room = (size_t)(out->end - out->start);
    if (need > (size_t)PY_SSIZE_T_MAX / 4 || room > (size_t)PY_SSIZE_T_MAX / 4) {
        PyErr_NoMemory();
        return 0;
    }
    room = 2 * room + need;
    if (_PyBytes_Resize(&out->object, (Py_ssize_t)room) < 0)
        return 0;
    out->start = (byte *)PyBytes_AS_STRING(out->object);
    out->put = out->start + used;
    out->end = out->start + room;
    return 1;
}

static inline int reserve(Output *out, size_t need)
{
    return (size_t)(out->end - out->put) >= need || grow(out, need);
}

static inline void put(Output *out, const void *from, size_t size)
{
    memcpy(out->put, from, size);
    out->put += size;
}

#define PUT(out, literal) put(out, literal, sizeof literal - 1)

typedef struct { void *items; size_t count, room; } Array;

/* Return the place of one more item (zeroed), or NULL with MemoryError set. */
static void *push(Array *array, size_t item)
{
    if (array->count == array->room) {
        size_t room = array->room ? 2 * array->room : 32;
        void *items = PyMem_Realloc(array->items, room * item);
        if (items == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        array->items = items;
        array->room = room;
    }
    void *place = (char *)array->items + array->count++ * item;
    memset(place, 0, item);
    return place;
}

/* ---- words: prefixes and namespace URIs, each kept once ------------------------------------------------------ */

/* Of a prefix: `bound` is the number of its URI's word (0 = none), `declared_at` the last tag that declared it.
 * Of a URI: `ns` is the prefix that stands for it in the output (empty = none). */
typedef struct { Span text; uint64_t hash; size_t bound, declared_at; byte ns[24]; byte ns_size; } Word;
typedef struct { Array words; size_t *slots, mask; } Words;

static inline uint64_t mixed(uint64_t hash, uint64_t piece)
{
    hash = (hash ^ piece) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(Span text)
{
    uint64_t hash = seed ^ text.size, piece = 0;
    if (text.size < 8) {
        for (size_t i = 0; i < text.size; i++)
            piece = piece << 8 | text.at[i];
    } else {
        for (size_t i = 0; i < text.size - 8; i += 8) {
            memcpy(&piece, text.at + i, 8);
            hash = mixed(hash, piece);
        }
        memcpy(&piece, text.at + text.size - 8, 8);
    }
    hash = mixed(hash, piece);
    return hash ^ hash >> 32;
}

static int rehash(Words *table)
{
    size_t size = table->slots ? 2 * (table->mask + 1) : 64;
    size_t *slots = PyMem_Calloc(size, sizeof *slots);
    if (slots == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    const Word *words = table->words.items;
    for (size_t number = 1; number < table->words.count; number++) {
        size_t slot = words[number].hash & (size - 1);
        while (slots[slot])
            slot = (slot + 1) & (size - 1);
        slots[slot] = number;
    }
    PyMem_Free(table->slots);
    table->slots = slots;
    table->mask = size - 1;
    return 1;
}

/* Return the number of a word, entering it when it is new; 0 with MemoryError set. */
static size_t word(Words *table, Span text)
{
    if (table->words.count == 0 && push(&table->words, sizeof(Word)) == NULL)
        return 0;
    if ((table->slots == NULL || 2 * table->words.count > table->mask) && !rehash(table))
        return 0;
    uint64_t hash = hash_of(text);
    Word *words = table->words.items;
    size_t slot = hash & table->mask;
    for (size_t number; (number = table->slots[slot]) != 0; slot = (slot + 1) & table->mask)
        if (words[number].hash == hash && words[number].text.size == text.size
            && memcmp(words[number].text.at, text.at, text.size) == 0)
            return number;
    Word *fresh = push(&table->words, sizeof(Word));
    if (fresh == NULL)
        return 0;
    fresh->text = text;
    fresh->hash = hash;
    return table->slots[slot] = table->words.count - 1;
}

/* ---- the state of one call ----------------------------------------------------------------------------------- */

typedef struct { Span name, local; size_t uri, overridden, fresh; } Element;
typedef struct { size_t prefix, uri; } Binding;
typedef struct { size_t prefix, uri; Span space, local, value; } Attribute;

typedef struct {
    Output out;
    Words prefixes, uris;
    Array elements, overridden, fresh, attributes; /* Element, Binding, size_t, Attribute */
    size_t counter, tags;
} State;

#define WORD(table, number) ((Word *)(table).words.items + (number))

static size_t prefix_in_use(State *state, size_t uri)
{
    Word *entry = WORD(state->uris, uri);
    if (entry->ns_size)
        return 1;
    size_t *fresh = push(&state->fresh, sizeof(size_t));
    if (fresh == NULL)
        return 0;
    *fresh = uri;
    byte digits[20], *digit = digits + sizeof digits;
    for (size_t rest = ++state->counter; rest; rest /= 10)
        *--digit = (byte)('0' + rest % 10);
    entry->ns[0] = 'n';
    entry->ns[1] = 's';
    entry->ns_size = (byte)(2 + (digits + sizeof digits - digit));
    memcpy(entry->ns + 2, digit, entry->ns_size - 2u);
    return 1;
}

#include "_transform_scan.h"
#include "_transform_tags.h"

/* ---- the document -------------------------------------------------------------------------------------------- */

/* Write the end tag of the innermost element and leave its namespaces. `p` stands behind `</`. */
static const byte *end_tag(State *state, const byte *p, const byte *end)
{
    const Element *elements = state->elements.items, *element = elements + state->elements.count - 1;
    size_t size = element->name.size;
    if ((size_t)(end - p) <= size || memcmp(p, element->name.at, size) != 0 || p[size] != '>')
        return fail("an end tag does not fit its start tag"), NULL;
    const Word *uri = WORD(state->uris, element->uri);
    if (!reserve(&state->out, element->local.size + uri->ns_size + 4))
        return NULL;
    PUT(&state->out, "</");
    put(&state->out, uri->ns, uri->ns_size);
    PUT(&state->out, ":");
    put(&state->out, element->local.at, element->local.size);
    PUT(&state->out, ">");
    while (state->fresh.count > element->fresh)
        WORD(state->uris, ((size_t *)state->fresh.items)[--state->fresh.count])->ns_size = 0;
    while (state->overridden.count > element->overridden) {
        const Binding *old = (Binding *)state->overridden.items + --state->overridden.count;
        WORD(state->prefixes, old->prefix)->bound = old->uri;
    }
    state->elements.count--;
    return p + size + 1;
}

static int document(State *state, const byte *p, const byte *end)
{
    do {
        if (*p != '<')
            return fail("no tag where one has to be");
        if (p[1] == '/' && state->elements.count)
            p = end_tag(state, p + 2, end);
        else
            p = start_tag(state, p + 1);
        if (p != NULL && *p != '<' && state->elements.count)
            p = text_node(state, p, end);
        if (p == NULL)
            return 0;
    } while (state->elements.count);
    return p == end || fail("the element does not end where the input ends");
}

static PyObject *transform(const char *octets, Py_ssize_t size)
{
    State state;
    memset(&state, 0, sizeof state);
    size_t room = (size_t)size + (size_t)size / 8 + 256;
    state.out.object = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    if (state.out.object == NULL)
        return NULL;
    state.out.start = state.out.put = (byte *)PyBytes_AS_STRING(state.out.object);
    state.out.end = state.out.start + room;
    int done = document(&state, (const byte *)octets, (const byte *)octets + size);
    Array *arrays[] = {&state.elements, &state.overridden, &state.fresh, &state.attributes,
                       &state.prefixes.words, &state.uris.words};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        PyMem_Free(arrays[i]->items);
    PyMem_Free(state.prefixes.slots);
    PyMem_Free(state.uris.slots);
    if (done)
        _PyBytes_Resize(&state.out.object, state.out.put - state.out.start);
    else
        Py_CLEAR(state.out.object);
    return state.out.object;
}

static PyObject *rewrite(PyObject *Py_UNUSED(module), PyObject *canonical)
{
    char *octets;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(canonical, &octets, &size) < 0)
        return NULL;
    if (size > PY_SSIZE_T_MAX / 4)
        return PyErr_NoMemory();
    return transform(octets, size);
}

/* ---- the module ---------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"rewrite", rewrite, METH_O, "Return the transformed octets of an element in exc-c14n form."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "smev._transform", "SMEV's transform, compiled.", -1, methods, NULL, NULL, NULL, NULL,
};

static int fill_seed(void)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *random = os ? PyObject_CallMethod(os, "urandom", "i", (int)sizeof seed) : NULL;
    const char *octets = random ? PyBytes_AsString(random) : NULL;
    if (octets != NULL)
        memcpy(&seed, octets, sizeof seed);
    Py_XDECREF(random);
    Py_XDECREF(os);
    return octets != NULL;
}

PyMODINIT_FUNC PyInit__transform(void)
{
    PyObject *errors = PyImport_ImportModule("smev.refusal");
    if (errors == NULL)
        return NULL;
    not_canonical = PyObject_GetAttrString(errors, "NotCanonicalError");
    refused = PyObject_GetAttrString(errors, "TransformRefusedError");
    Py_DECREF(errors);
    if (not_canonical == NULL || refused == NULL || !fill_seed())
        return NULL;
    fill_classes();
    return PyModule_Create(&definition);
}
