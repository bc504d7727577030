/* SPDX-License-Identifier: MIT */
#include "dkim_der.h"

#include "taglist.h"

#include <string.h>

/* ---- base64 -------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character plus one; 0 is none. */
static const uint8_t values[256] = {
    ['A'] = 1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    ['a'] = 27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    51,
    52,
    ['0'] = 53,
    54,
    55,
    56,
    57,
    58,
    59,
    60,
    61,
    62,
    ['+'] = 63,
    ['/'] = 64,
};

/* What follows the first '=': at most one more, and blanks. Returns the offset of another byte. */
static size_t after_padding(const char *text, size_t size, size_t at, unsigned left_over)
{
    unsigned padding = 0;
    for (; at < size; at++) {
        if (ma_is_blank(text[at]))
            continue;
        if (text[at] != '=' || ++padding > 4 - left_over)
            return at;
    }
    return size;
}

static enum ma_base64_fault end_fault(unsigned left_over, bool padded)
{
    if (left_over == 1)
        return MA_BASE64_CUT;
    return left_over != 0 && !padded ? MA_BASE64_UNPADDED : MA_BASE64_GOOD;
}

struct ma_base64 ma_base64_decode(uint8_t *out, size_t room, const char *text, size_t size)
{
    struct ma_base64 result = {.fault = MA_BASE64_GOOD};
    uint32_t bits = 0;
    unsigned left_over = 0; /* characters of an unfinished group */
    size_t at = 0;
    for (; at < size && text[at] != '='; at++) {
        uint8_t value = values[(uint8_t)text[at]];
        if (value == 0 && ma_is_blank(text[at])) {
            result.blanks = true;
            continue;
        }
        if (value == 0) {
            result.fault = MA_BASE64_BAD_BYTE;
            result.bad_at = at;
            return result;
        }
        bits = bits << 6 | (uint32_t)(value - 1);
        left_over = (left_over + 1) & 3;
        if (left_over == 1)
            continue;
        if (result.size == room) {
            result.fault = MA_BASE64_TOO_LONG;
            return result;
        }
        out[result.size++] = (uint8_t)(bits >> ((4 - left_over) * 2 & 7));
    }
    result.fault = end_fault(left_over, at < size);
    size_t bad_at = after_padding(text, size, at, left_over == 0 ? 4 : left_over);
    if (bad_at < size) {
        result.fault = MA_BASE64_BAD_BYTE;
        result.bad_at = bad_at;
    }
    return result;
}

size_t ma_base64_encode(char *out, const uint8_t *bytes, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < size)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < size)
            group |= bytes[i + 2];
        out[n++] = alphabet[group >> 18];
        out[n++] = alphabet[group >> 12 & 63];
        out[n++] = i + 1 < size ? alphabet[group >> 6 & 63] : '=';
        out[n++] = i + 2 < size ? alphabet[group & 63] : '=';
    }
    out[n] = '\0';
    return n;
}

/* ---- DER ----------------------------------------------------------------------------------- */

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

/* The part of the bytes that is still to be read. */
struct der {
    const uint8_t *at, *end;
};

static size_t der_left(const struct der *d)
{
    return (size_t)(d->end - d->at);
}

/* A length of up to three bytes behind the first; -1 when it is cut or in another form. */
static long der_length(struct der *d)
{
    if (d->at == d->end)
        return -1;
    unsigned first = *d->at++;
    if (first < 0x80)
        return (long)first;
    unsigned count = first & 0x7f;
    if (count == 0 || count > 3 || der_left(d) < count)
        return -1;
    long length = 0;
    for (; count > 0; count--)
        length = length << 8 | *d->at++;
    return length;
}

/* Enters the next element if it has that tag; d goes on behind it. A body that is longer than
   what is left is entered as far as it goes, and said to be cut. */
static enum ma_der_fault der_enter(struct der *d, uint8_t tag, struct der *body)
{
    *body = (struct der){d->end, d->end};
    if (d->at == d->end)
        return MA_DER_CUT;
    if (*d->at != tag)
        return MA_DER_NO_KEY;
    d->at++;
    long length = der_length(d);
    if (length < 0)
        return MA_DER_NO_KEY;
    bool cut = (size_t)length > der_left(d);
    size_t size = cut ? der_left(d) : (size_t)length;
    *body = (struct der){d->at, d->at + size};
    d->at += size;
    return cut ? MA_DER_CUT : MA_DER_GOOD;
}

static const uint8_t oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};

static bool oid_is(const struct der *oid, const uint8_t *bytes, size_t size)
{
    return der_left(oid) == size && memcmp(oid->at, bytes, size) == 0;
}

static enum ma_key_kind kind_of(const struct der *oid)
{
    if (oid_is(oid, oid_rsa, sizeof oid_rsa))
        return MA_KEY_RSA;
    if (oid_is(oid, oid_ec, sizeof oid_ec))
        return MA_KEY_EC;
    if (oid_is(oid, oid_ed25519, sizeof oid_ed25519))
        return MA_KEY_ED25519;
    return MA_KEY_OTHER;
}

/* A positive INTEGER without its leading zeros; false for a negative one or nothing. */
static bool magnitude(struct der *number)
{
    if (number->at == number->end || (*number->at & 0x80) != 0)
        return false;
    while (number->at < number->end && *number->at == 0)
        number->at++;
    return number->at < number->end;
}

static unsigned bit_length(const struct der *number)
{
    unsigned top = *number->at, bits = 0;
    for (; top != 0; top >>= 1)
        bits++;
    return bits + (unsigned)(der_left(number) - 1) * 8;
}

static uint32_t small_value(const struct der *number)
{
    if (der_left(number) > 4)
        return UINT32_MAX;
    uint32_t value = 0;
    for (const uint8_t *p = number->at; p < number->end; p++)
        value = value << 8 | *p;
    return value;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }; d is its body. */
static enum ma_der_fault read_rsa(struct ma_public_key *key, struct der *d)
{
    struct der modulus, exponent;
    enum ma_der_fault fault = der_enter(d, DER_INTEGER, &modulus);
    if (fault != MA_DER_GOOD)
        return fault;
    fault = der_enter(d, DER_INTEGER, &exponent);
    if (fault != MA_DER_GOOD)
        return fault;
    key->kind = MA_KEY_RSA;
    if (!magnitude(&modulus) || !magnitude(&exponent))
        return MA_DER_NUMBERS;
    key->bits = bit_length(&modulus);
    key->exponent = small_value(&exponent);
    /* an even modulus has the factor 2; the exponent must be odd and not 1 (RFC 8017 3.1) */
    if ((modulus.end[-1] & 1) == 0 || (exponent.end[-1] & 1) == 0 || key->exponent == 1)
        return MA_DER_NUMBERS;
    return d->at < d->end ? MA_DER_TRAILING : MA_DER_GOOD;
}

/* The rest of SubjectPublicKeyInfo, behind its AlgorithmIdentifier. */
static enum ma_der_fault read_subject_key(
    struct ma_public_key *key, struct der *d, const uint8_t *start)
{
    struct der bits, rsa;
    enum ma_der_fault fault = der_enter(d, DER_BIT_STRING, &bits);
    if (fault != MA_DER_GOOD)
        return fault;
    if (bits.at == bits.end || *bits.at != 0) /* bits that are not used in the last byte */
        return MA_DER_NO_KEY;
    bits.at++;
    key->key_at = (size_t)(bits.at - start);
    key->key_size = der_left(&bits);
    if (key->kind != MA_KEY_RSA)
        return MA_DER_GOOD;
    fault = der_enter(&bits, DER_SEQUENCE, &rsa);
    return fault == MA_DER_GOOD ? read_rsa(key, &rsa) : fault;
}

static enum ma_der_fault read_key(struct ma_public_key *key, struct der *d, const uint8_t *start)
{
    struct der algorithm, oid;
    if (d->at < d->end && *d->at == DER_INTEGER) {
        key->key_size = key->whole_size;
        return read_rsa(key, d);
    }
    key->spki = true;
    enum ma_der_fault fault = der_enter(d, DER_SEQUENCE, &algorithm);
    if (fault != MA_DER_GOOD)
        return fault;
    fault = der_enter(&algorithm, DER_OID, &oid);
    if (fault != MA_DER_GOOD)
        return MA_DER_NO_KEY;
    key->kind = kind_of(&oid);
    return read_subject_key(key, d, start);
}

void ma_der_public_key(struct ma_public_key *key, const uint8_t *bytes, size_t size)
{
    *key = (struct ma_public_key){.fault = MA_DER_NO_KEY};
    struct der all = {bytes, bytes + size}, body;
    struct der peek = {bytes + (size > 0), bytes + size};
    long length = der_length(&peek);
    if (length < 0)
        return;
    key->whole_size = (size_t)(peek.at - bytes) + (size_t)length;
    enum ma_der_fault outer = der_enter(&all, DER_SEQUENCE, &body);
    if (outer == MA_DER_NO_KEY)
        return;
    key->fault = read_key(key, &body, bytes);
    /* what is missing at the end shows as a fault inside, too: name the cause */
    if (outer == MA_DER_CUT)
        key->fault =
            key->kind == MA_KEY_NONE && key->fault == MA_DER_NO_KEY ? MA_DER_NO_KEY : MA_DER_CUT;
    else if (key->fault == MA_DER_GOOD && (all.at < all.end || body.at < body.end))
        key->fault = MA_DER_TRAILING;
}

static size_t put_header(uint8_t *out, uint8_t tag, size_t length)
{
    out[0] = tag;
    if (length < 0x80) {
        out[1] = (uint8_t)length;
        return 2;
    }
    unsigned count = length > 0xffff ? 3 : length > 0xff ? 2 : 1;
    out[1] = (uint8_t)(0x80 | count);
    for (unsigned i = 0; i < count; i++)
        out[2 + i] = (uint8_t)(length >> (8 * (count - 1 - i)));
    return 2 + count;
}

size_t ma_der_wrap_rsa(uint8_t *out, size_t room, const uint8_t *rsa, size_t size)
{
    static const uint8_t algorithm[] = {DER_SEQUENCE, 13, DER_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
        0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    if (room < MA_DER_SPKI_EXTRA || size > room - MA_DER_SPKI_EXTRA)
        return 0;
    uint8_t bit_header[8];
    size_t bit_size = put_header(bit_header, DER_BIT_STRING, size + 1);
    bit_header[bit_size++] = 0;
    size_t n = put_header(out, DER_SEQUENCE, sizeof algorithm + bit_size + size);
    memcpy(out + n, algorithm, sizeof algorithm);
    n += sizeof algorithm;
    memcpy(out + n, bit_header, bit_size);
    n += bit_size;
    memcpy(out + n, rsa, size);
    return n + size;
}
