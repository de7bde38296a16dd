/* Attributes of an object as the text of a fact, compiled: the twin of `plain_text` and `_plain` in fact.py.
 *
 * It knows no field: a cell's text follows from its type. On anything but the plainest (a character that a CSV
 * file quotes, a subclass, a zone other than UTC, a number beyond 64 bits) it returns None, and the caller does
 * it in Python: so this file never has to guess what odd input means. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <string.h>

enum { SEPARATOR = 0x1f, NUMBER = 20, MOMENT = 32 };

typedef struct { char *start, *put, *end; char own[2048]; } Output;

static int grow(Output *out, size_t need)
{
    size_t used = (size_t)(out->put - out->start), room = 2 * (size_t)(out->end - out->start) + need;
    char *moved = out->start == out->own ? PyMem_Malloc(room) : PyMem_Realloc(out->start, room);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (out->start == out->own)
        memcpy(moved, out->own, used);
    out->start = moved;
    out->put = moved + used;
    out->end = moved + room;
    return 0;
}

static inline int reserve(Output *out, size_t need)
{
    return (size_t)(out->end - out->put) >= need ? 0 : grow(out, need);
}

static int put(Output *out, const char *text, size_t size)
{
    if (reserve(out, size) < 0)
        return -1;
    memcpy(out->put, text, size);
    out->put += size;
    return 0;
}

static int is_odd(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= '"' && (c == '"' || c == '\n' || c == '\r' || c == '\0' || c == SEPARATOR))
            return 1;
    }
    return 0;
}

static char *digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

/* The functions below return 1 when the value was put, 0 when it is odd, -1 with an exception set. */

static int put_text(Output *out, PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return -1;
        PyErr_Clear(); /* a lone surrogate */
        return 0;
    }
    if (is_odd(text, (size_t)size))
        return 0;
    return put(out, text, (size_t)size) < 0 ? -1 : 1;
}

static int put_number(Output *out, PyObject *value)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (number == -1 && !overflow && PyErr_Occurred())
        return -1;
    if (overflow)
        return 0;
    if (reserve(out, NUMBER + 1) < 0)
        return -1;
    unsigned long long left = number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    char reversed[NUMBER], *at = reversed;
    do {
        *at++ = (char)('0' + left % 10);
    } while (left /= 10);
    if (number < 0)
        *out->put++ = '-';
    while (at > reversed)
        *out->put++ = *--at;
    return 1;
}

static int put_moment(Output *out, PyObject *value)
{
    if (PyDateTime_DATE_GET_TZINFO(value) != PyDateTime_TimeZone_UTC)
        return 0;
    if (reserve(out, MOMENT) < 0)
        return -1;
    char *at = digits(out->put, PyDateTime_GET_YEAR(value), 4);
    *at++ = '-';
    at = digits(at, PyDateTime_GET_MONTH(value), 2);
    *at++ = '-';
    at = digits(at, PyDateTime_GET_DAY(value), 2);
    *at++ = 'T';
    at = digits(at, PyDateTime_DATE_GET_HOUR(value), 2);
    *at++ = ':';
    at = digits(at, PyDateTime_DATE_GET_MINUTE(value), 2);
    *at++ = ':';
    at = digits(at, PyDateTime_DATE_GET_SECOND(value), 2);
    *at++ = '.';
    at = digits(at, PyDateTime_DATE_GET_MICROSECOND(value), 6);
    memcpy(at, "+00:00", 6);
    out->put = at + 6;
    return 1;
}

static int put_value(Output *out, PyObject *value)
{
    if (PyUnicode_CheckExact(value))
        return put_text(out, value);
    if (value == Py_None)
        return 1;
    if (value == Py_True)
        return put(out, "True", 4) < 0 ? -1 : 1;
    if (value == Py_False)
        return put(out, "False", 5) < 0 ? -1 : 1;
    if (PyLong_CheckExact(value))
        return put_number(out, value);
    return PyDateTime_CheckExact(value) ? put_moment(out, value) : 0;
}

static int put_all(Output *out, PyObject *object, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = PyObject_GetAttr(object, PyTuple_GET_ITEM(names, i));
        if (value == NULL)
            return -1;
        int done = put_value(out, value);
        Py_DECREF(value);
        if (done != 1)
            return done;
        if (reserve(out, 1) < 0)
            return -1;
        *out->put++ = SEPARATOR;
    }
    return 1;
}

static PyObject *py_plain(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 2 || !PyTuple_CheckExact(args[1]) || !PyTuple_GET_SIZE(args[1])) {
        PyErr_SetString(PyExc_TypeError, "plain(object, names): names must be a tuple that is not empty");
        return NULL;
    }
    Output out;
    out.start = out.put = out.own;
    out.end = out.own + sizeof out.own;
    int done = put_all(&out, args[0], args[1]);
    PyObject *result = NULL;
    if (done == 1) /* without the last separator */
        result = PyBytes_FromStringAndSize(out.start, out.put - out.start - 1);
    else if (done == 0)
        result = Py_NewRef(Py_None);
    if (out.start != out.own)
        PyMem_Free(out.start);
    return result;
}

static PyMethodDef methods[] = {
    {"plain", (PyCFunction)(void (*)(void))py_plain, METH_FASTCALL, "plain(object, names) -> bytes or None"},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_plain", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__plain(void)
{
    PyDateTime_IMPORT;
    return PyDateTimeAPI == NULL ? NULL : PyModule_Create(&module);
}
