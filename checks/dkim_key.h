/* SPDX-License-Identifier: MIT */
/*
 * dkim_key.h - a DKIM key record (RFC 6376 3.6.1, RFC 8301, RFC 8463), parsed with the place of
 * every fault. Pure: no allocation, any bytes in, bounded work.
 */
#ifndef MA_DKIM_KEY_H
#define MA_DKIM_KEY_H

#include "dkim_der.h"
#include "taglist.h"

/* Bytes of key data that are looked at: an RSA key of 16,384 bits and what DER adds. */
#define MA_DKIM_DATA_MAX 2100

/* What can be wrong with a record; each kind is kept once, with its first place. */
enum ma_dkim_fault {
    /* with one of these a verifier does not use the key */
    MA_DKIM_QUOTES,        /* zone-file quotes or backslashes inside the data */
    MA_DKIM_NOT_A_KEY,     /* neither v=DKIM1 nor k= nor p=: another kind of record */
    MA_DKIM_VERSION,       /* v= is not DKIM1 */
    MA_DKIM_SYNTAX,        /* a tag without '=', or what stands there cannot be a name */
    MA_DKIM_NO_SEMICOLON,  /* one tag runs on into the next */
    MA_DKIM_DUPLICATE_TAG, /* RFC 6376 3.2: the whole list is invalid */
    MA_DKIM_KEY_TYPE,      /* k= is neither rsa nor ed25519 */
    MA_DKIM_HASHES,        /* h= does not allow sha256 */
    MA_DKIM_SERVICE,       /* s= allows neither email nor everything */
    MA_DKIM_NO_DATA,       /* no p= */
    MA_DKIM_ARMOUR,        /* the lines of a PEM file, BEGIN and END, are in p= */
    MA_DKIM_BASE64,        /* a character that base64 does not have */
    MA_DKIM_CUT,           /* the end of the key is missing */
    MA_DKIM_NO_KEY,        /* p= decodes to something that is no public key */
    MA_DKIM_ALGORITHM,     /* a key of a kind that DKIM does not know (EC, DSA...) */
    MA_DKIM_MISMATCH,      /* k= says one kind, p= holds the other */
    MA_DKIM_ED25519_FORM,  /* k=ed25519, and p= is not the 32 bytes of a bare key */
    MA_DKIM_NUMBERS,       /* no RSA key has such a modulus or exponent */
    /* with these it may */
    MA_DKIM_SHORT, /* under 1,024 bits: verifiers must not accept it (RFC 8301 3.2) */
    MA_DKIM_WEAK,  /* under 2,048 bits */
    MA_DKIM_LONG,  /* over 4,096 bits: verifiers need not support it */
    MA_DKIM_PKCS1, /* a bare RSAPublicKey */
    MA_DKIM_UNPADDED,
    MA_DKIM_TRAILING,     /* bytes behind the key */
    MA_DKIM_VERSION_LATE, /* v= is not the first tag */
    MA_DKIM_EMPTY_TAG,    /* two semicolons in a row */
    MA_DKIM_GRANULARITY,  /* g=, obsolete */
    MA_DKIM_TESTING,      /* t=y */
    MA_DKIM_UNKNOWN_TAG,
    MA_DKIM_VALUE_CASE, /* k=, h=, s= or t= in capitals */
    MA_DKIM_FAULT_COUNT
};
#define MA_DKIM_FATAL_COUNT MA_DKIM_SHORT /* the faults before this one */

enum ma_dkim_type { MA_DKIM_RSA, MA_DKIM_ED25519, MA_DKIM_OTHER };

enum ma_dkim_state { MA_DKIM_KEY_GOOD, MA_DKIM_KEY_WEAK, MA_DKIM_KEY_REVOKED, MA_DKIM_KEY_BAD };

struct ma_dkim_key {
    enum ma_dkim_state state;
    enum ma_dkim_type type; /* what p= holds or, where that cannot be seen, what k= says */
    unsigned bits;          /* of an RSA key; 256 for ed25519; 0 when not known */
    bool testing;           /* t=y */
    bool strict;            /* t=s */
    uint32_t faults;        /* bit F: there is fault F */
    struct ma_span places[MA_DKIM_FAULT_COUNT]; /* of the faults there are */
    struct ma_span p;                           /* the value of p= */
    struct ma_public_key key;                   /* of RSA */
    size_t data_size;
    uint8_t data[MA_DKIM_DATA_MAX]; /* p= decoded; the first data_size bytes are set */
};

/* The bytes are borrowed for the call. */
void ma_dkim_key_parse(struct ma_dkim_key *, const char *bytes, size_t size);
static inline bool ma_dkim_key_has(const struct ma_dkim_key *key, enum ma_dkim_fault fault)
{
    return (key->faults >> fault & 1) != 0;
}

/*
 * The record as it should be published: the same key in today's form. Returns its length, or 0
 * when the key cannot be had from the record. Without t=y, obsolete and unknown tags.
 */
#define MA_DKIM_RECORD_MAX (MA_BASE64_TEXT_SIZE(MA_DKIM_DATA_MAX + MA_DER_SPKI_EXTRA) + 64)
size_t ma_dkim_key_write(const struct ma_dkim_key *, char out[static MA_DKIM_RECORD_MAX]);

/*
 * Takes zone-file quoting and the BEGIN and END lines of a key file out of a record and puts
 * forgotten semicolons in, so that the key in it may be had. out needs size + 1 bytes; returns the
 * length, never more than size.
 */
size_t ma_dkim_key_mend(char *out, const char *bytes, size_t size);

#endif
