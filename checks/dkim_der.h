/* SPDX-License-Identifier: MIT */
/*
 * dkim_der.h - the two encodings inside a DKIM key record's p= tag: base64 (RFC 4648 4, with the
 * blanks that RFC 6376 3.2 allows) and the DER of a public key - SubjectPublicKeyInfo (RFC 5280
 * 4.1.2.7) or a bare RSAPublicKey (RFC 8017 A.1.1). No key is ever used here, only measured, so no
 * cryptographic library is needed.
 */
#ifndef MA_DKIM_DER_H
#define MA_DKIM_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ma_base64_fault {
    MA_BASE64_GOOD,
    MA_BASE64_BAD_BYTE, /* at bad_at: not of the alphabet, or behind the padding */
    MA_BASE64_CUT,      /* one character is left over: the end is missing */
    MA_BASE64_UNPADDED, /* whole bytes, but the '=' at the end are missing */
    MA_BASE64_TOO_LONG  /* more than room bytes */
};

struct ma_base64 {
    enum ma_base64_fault fault;
    size_t size;   /* bytes decoded, also before a fault */
    size_t bad_at; /* offset in the text */
    bool blanks;   /* there are blanks inside */
};

struct ma_base64 ma_base64_decode(uint8_t *out, size_t room, const char *text, size_t size);
/* Room for the text and its NUL: MA_BASE64_TEXT_SIZE(size). Returns the length. */
#define MA_BASE64_TEXT_SIZE(size) (((size) + 2) / 3 * 4 + 1)
size_t ma_base64_encode(char *out, const uint8_t *bytes, size_t size);

enum ma_key_kind { MA_KEY_NONE, MA_KEY_RSA, MA_KEY_ED25519, MA_KEY_EC, MA_KEY_OTHER };

enum ma_der_fault {
    MA_DER_GOOD,
    MA_DER_CUT,      /* the encoding says more bytes than there are */
    MA_DER_NO_KEY,   /* not the structure of a public key */
    MA_DER_TRAILING, /* a whole key, and bytes behind it */
    MA_DER_NUMBERS   /* modulus or exponent cannot be those of an RSA key */
};

struct ma_public_key {
    enum ma_der_fault fault;
    enum ma_key_kind kind;   /* also with a fault, where it could be seen */
    bool spki;               /* SubjectPublicKeyInfo; else a bare RSAPublicKey */
    unsigned bits;           /* of the RSA modulus */
    uint32_t exponent;       /* UINT32_MAX: as large or larger */
    size_t whole_size;       /* bytes that the outermost length announces */
    size_t key_at, key_size; /* the RSAPublicKey, or the key bytes of another kind */
};

void ma_der_public_key(struct ma_public_key *, const uint8_t *bytes, size_t size);

/*
 * Wraps an RSAPublicKey into SubjectPublicKeyInfo. Returns the size, or 0 without room: at most
 * size + MA_DER_SPKI_EXTRA bytes are written.
 */
#define MA_DER_SPKI_EXTRA 32
size_t ma_der_wrap_rsa(uint8_t *out, size_t room, const uint8_t *rsa, size_t size);

#endif
