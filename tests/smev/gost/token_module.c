/* A token for the tests: PKCS#11 v2.40 as far as signing needs it, over OpenSSL's curves and numbers.
 *
 * What it holds stands in the file that SEDLINK_TEST_TOKEN names, one word per line:
 *   PIN, arrangement of signatures (0 s|r, 1 backwards, 2 r|s), then for each key:
 *   label, CKA_ID (hex), bytes of a number, p, a, b, q, x, y, d (hex), certificate (hex, - for none).
 * A file beside it, `<file>.tries`, counts the wrong PINs; `<file>.out` means: the token was pulled out.
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long UL;
typedef unsigned char B;
typedef struct { B major, minor; } Version;
typedef struct { UL type; void *value; UL length; } Attribute;
typedef struct { UL type; void *parameter; UL length; } Mechanism;
typedef struct { Version cryptoki; B maker[32]; UL flags; B text[32]; Version library; } Info;
typedef struct { B text[64], maker[32]; UL flags; Version hardware, firmware; } SlotInfo;
typedef struct {
    B label[32], maker[32], model[16], serial[16];
    UL flags, max_sessions, sessions, max_rw, rw, max_pin, min_pin, total, free, total_private, free_private;
    Version hardware, firmware;
    B time[16];
} TokenInfo;
typedef struct { UL min, max, flags; } MechanismInfo;
typedef struct { Version version; void *call[68]; } Functions;

typedef struct {
    char label[64];
    B id[32], *certificate;
    UL id_length, size, certificate_length;
    BIGNUM *number[7]; /* p a b q x y d */
} Key;

enum { OK = 0, GENERAL = 5, ARGUMENTS = 7, UNKNOWN_ATTRIBUTE = 0x12, REMOVED = 0x32, BAD_MECHANISM = 0x70,
       PIN_WRONG = 0xA0, PIN_LOCKED = 0xA4, NO_SESSION = 0xB3, NO_TOKEN = 0xE0, LOGGED_IN = 0x100,
       NOT_LOGGED_IN = 0x101, SMALL = 0x150 };
enum { TRIES = 3, KEYS = 4 };

static Key keys[KEYS];
static UL key_count, found[2 * KEYS], found_count, found_next, signing, mechanism;
static int arrangement, logged_in, session_open;
static char pin[64], place[4096];
static Functions functions;

static void pad(B *to, const char *text, size_t size) { memset(to, ' ', size); memcpy(to, text, strlen(text)); }

static int pulled_out(void) {
    char path[4200];
    snprintf(path, sizeof path, "%s.out", place);
    return access(path, F_OK) == 0;
}

static int tries(int change) {
    char path[4200];
    int count = 0;
    snprintf(path, sizeof path, "%s.tries", place);
    FILE *file = fopen(path, "r");
    if (file) { if (fscanf(file, "%d", &count) != 1) count = 0; fclose(file); }
    if (change) {
        count = change < 0 ? 0 : count + 1;
        file = fopen(path, "w");
        if (file) { fprintf(file, "%d", count); fclose(file); }
    }
    return count;
}

static UL unhex(const char *text, B *to, UL room) {
    UL count = 0;
    unsigned value;
    while (count < room && sscanf(text + 2 * count, "%2x", &value) == 1) to[count++] = (B)value;
    return count;
}

static UL start(void *arguments) {
    (void)arguments;
    const char *told = getenv("SEDLINK_TEST_TOKEN");
    static char word[1 << 16];
    if (!told || strlen(told) >= sizeof place) return GENERAL;
    strcpy(place, told);
    FILE *file = fopen(place, "r");
    if (!file) return GENERAL;
    key_count = 0;
    logged_in = session_open = 0;
    if (fscanf(file, "%63s %d", pin, &arrangement) != 2) { fclose(file); return GENERAL; }
    while (key_count < KEYS) {
        Key *key = &keys[key_count];
        memset(key, 0, sizeof *key);
        if (fscanf(file, "%63s %65535s", key->label, word) != 2) break;
        key->id_length = unhex(word, key->id, sizeof key->id);
        if (fscanf(file, "%lu", &key->size) != 1) break;
        for (int n = 0; n < 7; n++) {
            if (fscanf(file, "%65535s", word) != 1) { fclose(file); return GENERAL; }
            BN_hex2bn(&key->number[n], word);
        }
        if (fscanf(file, "%65535s", word) != 1) break;
        if (strcmp(word, "-")) {
            key->certificate = malloc(strlen(word));
            key->certificate_length = unhex(word, key->certificate, strlen(word));
        }
        key_count++;
    }
    fclose(file);
    return OK;
}

static UL stop(void *reserved) { (void)reserved; return OK; }

static UL get_info(Info *info) {
    memset(info, 0, sizeof *info);
    info->cryptoki.major = 2, info->cryptoki.minor = 40;
    pad(info->maker, "sedlink tests", 32), pad(info->text, "a token for tests", 32);
    return OK;
}

static UL get_slots(B present, UL *slots, UL *count) {
    UL has = !(present && pulled_out());
    if (slots && *count < has) return SMALL;
    if (slots && has) slots[0] = 7;
    *count = has;
    return OK;
}

static UL get_slot(UL slot, SlotInfo *info) {
    (void)slot;
    memset(info, 0, sizeof *info);
    pad(info->text, "slot", 64), pad(info->maker, "sedlink tests", 32);
    info->flags = pulled_out() ? 2 : 3; /* removable, token present */
    return OK;
}

static UL get_token(UL slot, TokenInfo *info) {
    (void)slot;
    if (pulled_out()) return NO_TOKEN;
    memset(info, 0, sizeof *info);
    pad(info->label, "test token", 32), pad(info->maker, "sedlink tests", 32);
    pad(info->model, "none", 16), pad(info->serial, "0001", 16);
    info->flags = 0x4 | 0x8 | 0x400; /* login required, PIN set, initialized */
    if (tries(0)) info->flags |= 0x10000;
    if (tries(0) == TRIES - 1) info->flags |= 0x20000; /* the last try */
    return OK;
}

static UL get_mechanisms(UL slot, UL *list, UL *count) {
    (void)slot;
    if (list) list[0] = 0x1201, list[1] = 0xD4321006;
    *count = 2;
    return OK;
}

static UL get_mechanism(UL slot, UL type, MechanismInfo *info) {
    (void)slot, (void)type;
    info->min = 256, info->max = 512, info->flags = 0x800;
    return OK;
}

static UL open_session(UL slot, UL flags, void *data, void *notify, UL *session) {
    (void)slot, (void)flags, (void)data, (void)notify;
    if (pulled_out()) return NO_TOKEN;
    session_open++;
    *session = 1;
    return OK;
}

static UL close_session(UL session) {
    (void)session;
    if (session_open && !--session_open) logged_in = 0;
    return OK;
}

static UL login(UL session, UL user, B *given, UL length) {
    (void)session, (void)user;
    if (pulled_out()) return REMOVED;
    if (logged_in) return LOGGED_IN;
    if (tries(0) >= TRIES) return PIN_LOCKED;
    if (length != strlen(pin) || memcmp(given, pin, length)) { tries(1); return PIN_WRONG; }
    tries(-1);
    logged_in = 1;
    return OK;
}

static UL logout(UL session) { (void)session; logged_in = 0; return OK; }

/* An object is 2 n + 1 for the private key n, 2 n + 2 for its certificate. */
static int copy(Attribute *one, const void *value, UL length) {
    if (one->value && one->length < length) { one->length = (UL)-1; return 0; }
    if (one->value) memcpy(one->value, value, length);
    one->length = length;
    return 1;
}

static int attribute(UL object, Attribute *one) {
    const Key *key = &keys[(object - 1) / 2];
    int private = object % 2;
    UL class = private ? 3 : 1, type = key->size == 64 ? 0xD4321003 : 0x30, x509 = 0;
    B yes = 1, no = 0;
    switch (one->type) {
        case 0x0: return copy(one, &class, sizeof class);
        case 0x3: return copy(one, key->label, strlen(key->label));
        case 0x102: return copy(one, key->id, key->id_length);
        case 0x100: if (private) return copy(one, &type, sizeof type); break;
        case 0x108: if (private) return copy(one, &yes, 1); break;
        case 0x105: case 0x107: case 0x10C: if (private) return copy(one, &no, 1); break;
        case 0x80: if (!private) return copy(one, &x509, sizeof x509); break;
        case 0x11: if (!private) return copy(one, key->certificate, key->certificate_length); break;
    }
    one->length = (UL)-1;
    return 0;
}

static UL get_attributes(UL session, UL object, Attribute *list, UL count) {
    (void)session;
    if (pulled_out()) return REMOVED;
    UL result = OK;
    for (UL n = 0; n < count; n++) if (!attribute(object, &list[n])) result = UNKNOWN_ATTRIBUTE;
    return result;
}

static UL find_start(UL session, Attribute *list, UL count) {
    (void)session;
    if (pulled_out()) return REMOVED;
    found_count = found_next = 0;
    for (UL object = 1; object <= 2 * key_count; object++) {
        if (object % 2 ? !logged_in : !keys[(object - 1) / 2].certificate) continue;
        int fits = 1;
        for (UL n = 0; n < count && fits; n++) {
            B room[8192];
            Attribute held = { list[n].type, room, sizeof room };
            fits = attribute(object, &held) && held.length == list[n].length
                && !memcmp(room, list[n].value, held.length);
        }
        if (fits) found[found_count++] = object;
    }
    return OK;
}

static UL find(UL session, UL *objects, UL room, UL *count) {
    (void)session;
    for (*count = 0; *count < room && found_next < found_count;) objects[(*count)++] = found[found_next++];
    return OK;
}

static UL find_stop(UL session) { (void)session; return OK; }

static UL sign_start(UL session, Mechanism *told, UL object) {
    (void)session;
    if (pulled_out()) return REMOVED;
    if (!logged_in) return NOT_LOGGED_IN;
    const Key *key = &keys[(object - 1) / 2];
    if (told->type != (key->size == 64 ? 0xD4321006UL : 0x1201UL)) return BAD_MECHANISM;
    signing = object, mechanism = told->type;
    return OK;
}

/* GOST R 34.10-2012 section 6.1; e is the digest read little-endian. */
static void signature(const Key *key, const B *value, B *s_out, B *r_out) {
    BN_CTX *context = BN_CTX_new();
    BIGNUM *const *n = key->number, *e = BN_lebin2bn(value, (int)key->size, NULL);
    BIGNUM *k = BN_new(), *r = BN_new(), *s = BN_new(), *part = BN_new();
    EC_GROUP *group = EC_GROUP_new_curve_GFp(n[0], n[1], n[2], context);
    EC_POINT *base = EC_POINT_new(group), *point = EC_POINT_new(group);
    EC_POINT_set_affine_coordinates(group, base, n[4], n[5], context);
    EC_GROUP_set_generator(group, base, n[3], BN_value_one());
    BN_nnmod(e, e, n[3], context);
    if (BN_is_zero(e)) BN_one(e);
    do {
        BN_rand_range(k, n[3]);
        EC_POINT_mul(group, point, k, NULL, NULL, context);
        EC_POINT_get_affine_coordinates(group, point, r, NULL, context);
        BN_nnmod(r, r, n[3], context);
        BN_mod_mul(s, r, n[6], n[3], context);
        BN_mod_mul(part, k, e, n[3], context);
        BN_mod_add(s, s, part, n[3], context);
    } while (BN_is_zero(r) || BN_is_zero(s));
    BN_bn2binpad(s, s_out, (int)key->size);
    BN_bn2binpad(r, r_out, (int)key->size);
    EC_POINT_free(base), EC_POINT_free(point), EC_GROUP_free(group), BN_CTX_free(context);
    BN_free(e), BN_free(k), BN_free(r), BN_free(s), BN_free(part);
}

static UL sign(UL session, B *value, UL length, B *out, UL *out_length) {
    (void)session;
    const Key *key = &keys[(signing - 1) / 2];
    UL whole = 2 * key->size;
    if (pulled_out()) return REMOVED;
    if (!out) { *out_length = whole; return OK; }
    if (length != key->size) return ARGUMENTS;
    if (*out_length < whole) return SMALL;
    signature(key, value, out + (arrangement == 2 ? key->size : 0), out + (arrangement == 2 ? 0 : key->size));
    if (arrangement == 1)
        for (UL n = 0; n < whole / 2; n++) { B kept = out[n]; out[n] = out[whole - 1 - n]; out[whole - 1 - n] = kept; }
    *out_length = whole;
    return OK;
}

static UL absent(void) { return 0x54; } /* CKR_FUNCTION_NOT_SUPPORTED */

UL C_GetFunctionList(Functions **list) {
    functions.version.major = 2, functions.version.minor = 40;
    for (int n = 0; n < 68; n++) functions.call[n] = (void *)absent;
    void **call = functions.call; /* their order is the standard's */
    call[0] = (void *)start, call[1] = (void *)stop, call[2] = (void *)get_info;
    call[3] = (void *)C_GetFunctionList, call[4] = (void *)get_slots, call[5] = (void *)get_slot;
    call[6] = (void *)get_token, call[7] = (void *)get_mechanisms, call[8] = (void *)get_mechanism;
    call[12] = (void *)open_session, call[13] = (void *)close_session;
    call[18] = (void *)login, call[19] = (void *)logout, call[24] = (void *)get_attributes;
    call[26] = (void *)find_start, call[27] = (void *)find, call[28] = (void *)find_stop;
    call[42] = (void *)sign_start, call[43] = (void *)sign;
    *list = &functions;
    return OK;
}
