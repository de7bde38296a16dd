/* The block functions of Streebog and of GOST R 34.11-94, compiled: the twins of streebog.py and gost94.py.
 *
 * Only the loops are here. The tables and constants come from Python, where they stand once; so do buffering,
 * padding and lengths. Numbers are little-endian octets on both sides, whatever the machine. A state is never
 * changed in place: a call takes octets and returns octets, so threads need no lock and run without the GIL. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char byte;

enum { TABLES = 8 * 256 * 8, CONSTANTS = 12 * 64, STATE = 3 * 64, TABLES_94 = 4 * 256 * 4, STATE_94 = 2 * 32 };

static uint64_t load64(const byte *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static void store64(byte *p, uint64_t v)
{
    for (int i = 0; i < 8; i++, v >>= 8)
        p[i] = (byte)v;
}

static uint32_t load32(const byte *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- Streebog (RFC 6986) --------------------------------------------------------------------------------- */

typedef struct { uint64_t table[8][256], constant[12][8]; } Streebog;

static void lps(const Streebog *s, const uint64_t *a, const uint64_t *b, uint64_t *out)
{
    uint64_t x[8];
    for (int i = 0; i < 8; i++)
        x[i] = a[i] ^ b[i];
    for (int i = 0; i < 8; i++) {
        int shift = 8 * i;
        out[i] = s->table[0][x[0] >> shift & 255] ^ s->table[1][x[1] >> shift & 255]
               ^ s->table[2][x[2] >> shift & 255] ^ s->table[3][x[3] >> shift & 255]
               ^ s->table[4][x[4] >> shift & 255] ^ s->table[5][x[5] >> shift & 255]
               ^ s->table[6][x[6] >> shift & 255] ^ s->table[7][x[7] >> shift & 255];
    }
}

static void compress(const Streebog *s, uint64_t *h, const uint64_t *m, const uint64_t *n)
{
    uint64_t key[8], state[8], next[8];
    lps(s, h, n, key);
    memcpy(state, m, sizeof state);
    for (int round = 0; round < 12; round++) {
        lps(s, state, key, next);
        memcpy(state, next, sizeof state);
        lps(s, key, s->constant[round], next);
        memcpy(key, next, sizeof key);
    }
    for (int i = 0; i < 8; i++)
        h[i] ^= state[i] ^ key[i] ^ m[i];
}

/* a += b modulo 2^512 */
static void add512(uint64_t *a, const uint64_t *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t sum = a[i] + carry;
        carry = sum < carry;
        a[i] = sum + b[i];
        carry += a[i] < sum;
    }
}

static void streebog_blocks(const Streebog *s, uint64_t *state, const byte *data, Py_ssize_t size)
{
    static const uint64_t block_bits[8] = {512};
    uint64_t *h = state, *n = state + 8, *sum = state + 16, m[8];
    for (; size >= 64; data += 64, size -= 64) {
        for (int i = 0; i < 8; i++)
            m[i] = load64(data + 8 * i);
        compress(s, h, m, n);
        add512(n, block_bits);
        add512(sum, m);
    }
}

/* ---- GOST R 34.11-94 (RFC 5831) -------------------------------------------------------------------------- */

typedef struct { uint32_t table[4][256]; } Substitution;

static uint64_t encrypt(const Substitution *s, const uint32_t *key, uint64_t block)
{
    uint32_t low = (uint32_t)block, high = (uint32_t)(block >> 32);
    for (int round = 0; round < 32; round++) {
        uint32_t t = low + key[round < 24 ? round & 7 : 7 - (round & 7)];
        uint32_t mixed = high ^ s->table[0][t & 255] ^ s->table[1][t >> 8 & 255] ^ s->table[2][t >> 16 & 255]
                       ^ s->table[3][t >> 24];
        high = low;
        low = mixed;
    }
    return (uint64_t)low << 32 | high;
}

static void mix(uint64_t *y)
{
    uint64_t first = y[0];
    y[0] = y[1], y[1] = y[2], y[2] = y[3];
    y[3] = first ^ y[0];
}

static void make_key(const uint64_t *u, const uint64_t *v, uint32_t *key)
{
    for (int word = 0; word < 8; word++) {
        key[word] = 0;
        for (int i = 0; i < 4; i++)
            key[word] |= (uint32_t)((u[i] ^ v[i]) >> 8 * word & 255) << 8 * i;
    }
}

static void shift(uint64_t *y, int times)
{
    uint16_t w[16 + 61];
    for (int i = 0; i < 16; i++)
        w[i] = (uint16_t)(y[i / 4] >> 16 * (i % 4));
    for (int i = 0; i < times; i++)
        w[16 + i] = w[i] ^ w[i + 1] ^ w[i + 2] ^ w[i + 3] ^ w[i + 12] ^ w[i + 15];
    memset(y, 0, 32);
    for (int i = 0; i < 16; i++)
        y[i / 4] |= (uint64_t)w[times + i] << 16 * (i % 4);
}

static void step(const Substitution *s, uint64_t *h, const uint64_t *m)
{
    static const uint64_t c3[4] = {
        0xff00ff00ff00ff00, 0x00ff00ff00ff00ff, 0xff0000ff00ffff00, 0xff00ffff000000ff
    };
    uint64_t u[4], v[4], x[4];
    uint32_t key[8];
    memcpy(u, h, sizeof u);
    memcpy(v, m, sizeof v);
    for (int i = 0; i < 4; i++) {
        if (i) {
            mix(u);
            mix(v);
            mix(v);
            for (int j = 0; i == 2 && j < 4; j++)
                u[j] ^= c3[j];
        }
        make_key(u, v, key);
        x[i] = encrypt(s, key, h[i]);
    }
    shift(x, 12);
    for (int i = 0; i < 4; i++)
        x[i] ^= m[i];
    shift(x, 1);
    for (int i = 0; i < 4; i++)
        h[i] ^= x[i];
    shift(h, 61);
}

static void gost94_blocks(const Substitution *s, uint64_t *state, const byte *data, Py_ssize_t size)
{
    uint64_t *h = state, *sum = state + 4, m[4];
    for (; size >= 32; data += 32, size -= 32) {
        uint64_t carry = 0;
        for (int i = 0; i < 4; i++)
            m[i] = load64(data + 8 * i);
        step(s, h, m);
        for (int i = 0; i < 4; i++) {
            uint64_t part = sum[i] + carry;
            carry = part < carry;
            sum[i] = part + m[i];
            carry += sum[i] < part;
        }
    }
}

/* ---- Python ---------------------------------------------------------------------------------------------- */

static PyObject *from_words(const uint64_t *words, int count)
{
    byte octets[STATE];
    for (int i = 0; i < count; i++)
        store64(octets + 8 * i, words[i]);
    return PyBytes_FromStringAndSize((const char *)octets, 8 * count);
}

static PyObject *py_streebog(PyObject *module, PyObject *args)
{
    Py_buffer tables, constants, state, data;
    PyObject *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*y*", &tables, &constants, &state, &data))
        return NULL;
    if (tables.len != TABLES || constants.len != CONSTANTS || state.len != STATE || data.len % 64) {
        PyErr_SetString(PyExc_ValueError, "tables, constants, state or data of a wrong size");
    } else {
        uint64_t words[24];
        Py_BEGIN_ALLOW_THREADS
        Streebog s;
        for (int i = 0; i < 8 * 256; i++)
            s.table[i / 256][i % 256] = load64((const byte *)tables.buf + 8 * i);
        for (int i = 0; i < 12 * 8; i++)
            s.constant[i / 8][i % 8] = load64((const byte *)constants.buf + 8 * i);
        for (int i = 0; i < 24; i++)
            words[i] = load64((const byte *)state.buf + 8 * i);
        streebog_blocks(&s, words, data.buf, data.len);
        Py_END_ALLOW_THREADS
        result = from_words(words, 24);
    }
    PyBuffer_Release(&tables);
    PyBuffer_Release(&constants);
    PyBuffer_Release(&state);
    PyBuffer_Release(&data);
    return result;
}

static PyObject *py_gost94(PyObject *module, PyObject *args)
{
    Py_buffer tables, state, data;
    PyObject *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*", &tables, &state, &data))
        return NULL;
    if (tables.len != TABLES_94 || state.len != STATE_94 || data.len % 32) {
        PyErr_SetString(PyExc_ValueError, "tables, state or data of a wrong size");
    } else {
        uint64_t words[8];
        Py_BEGIN_ALLOW_THREADS
        Substitution s;
        for (int i = 0; i < 4 * 256; i++)
            s.table[i / 256][i % 256] = load32((const byte *)tables.buf + 4 * i);
        for (int i = 0; i < 8; i++)
            words[i] = load64((const byte *)state.buf + 8 * i);
        gost94_blocks(&s, words, data.buf, data.len);
        Py_END_ALLOW_THREADS
        result = from_words(words, 8);
    }
    PyBuffer_Release(&tables);
    PyBuffer_Release(&state);
    PyBuffer_Release(&data);
    return result;
}

static PyMethodDef methods[] = {
    {"streebog", py_streebog, METH_VARARGS, "streebog(tables, constants, state, blocks) -> state"},
    {"gost94", py_gost94, METH_VARARGS, "gost94(tables, state, blocks) -> state"},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_digest", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__digest(void)
{
    return PyModule_Create(&module);
}
