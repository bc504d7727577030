/* SPDX-License-Identifier: MIT */
/*
 * gate.h - a mail message from outside (RFC 5322), split and looked at before any library sees it.
 * Pure: any bytes in, bounded work, all memory from the arena, which borrows nothing.
 *
 * libopendkim aborts on crafted messages; what it gets is therefore only what passed here: lines
 * that end in CRLF, no NUL, header fields split by us, each DKIM-Signature a strict tag list.
 */
#ifndef MA_MESSAGE_GATE_H
#define MA_MESSAGE_GATE_H

#include "arena.h"
#include "taglist.h"

#include <stdint.h>

#define MA_MAIL_BYTES_MAX        ((size_t)32 << 20) /* of a message, as it comes */
#define MA_MAIL_HEADER_BYTES_MAX 60000              /* of all header fields */
#define MA_MAIL_FIELDS_MAX       1000
#define MA_MAIL_SIGNATURES_MAX   8

enum ma_mail_fault {
    MA_MAIL_GOOD,
    MA_MAIL_EMPTY,
    MA_MAIL_TOO_LARGE,
    MA_MAIL_NUL,
    MA_MAIL_BARE_CR,     /* in the header */
    MA_MAIL_NOT_A_FIELD, /* a line of the header without a name and a colon */
    MA_MAIL_HEADER_TOO_LARGE,
    MA_MAIL_TOO_MANY_FIELDS,
    MA_MAIL_NO_MEMORY,
    MA_MAIL_FAULT_COUNT
};

struct ma_mail_field {
    const char *bytes; /* with its folds (CRLF and a blank), without the CRLF at its end */
    size_t size;
    size_t name_size; /* without blanks before the colon */
    size_t line;      /* of the message, from 1 */
    struct ma_span value;
};

/* What keeps a DKIM-Signature from being verified at all (RFC 6376 6.1.1, and caps of ours). */
enum ma_signature_fault {
    MA_SIGNATURE_GOOD,
    MA_SIGNATURE_SYNTAX,    /* no list of tags, or a tag with a name that cannot be one */
    MA_SIGNATURE_DUPLICATE, /* a tag stands twice */
    MA_SIGNATURE_MISSING,   /* one of v, a, b, bh, d, h, s is not there, or empty */
    MA_SIGNATURE_VERSION,   /* v= is not 1 */
    MA_SIGNATURE_ALGORITHM, /* a= is none that there is */
    MA_SIGNATURE_DOMAIN,    /* d= cannot be a domain name */
    MA_SIGNATURE_SELECTOR,  /* s= cannot be a selector */
    MA_SIGNATURE_IDENTITY,  /* i= is no identity of d= */
    MA_SIGNATURE_FIELDS,    /* h= is no list of field names, or too long */
    MA_SIGNATURE_NO_FROM,   /* From is not signed */
    MA_SIGNATURE_CANON,     /* c= is none that there is */
    MA_SIGNATURE_QUERY,     /* q= is not dns/txt */
    MA_SIGNATURE_NUMBER,    /* l=, t= or x= is no number, or x= is not after t= */
    MA_SIGNATURE_BASE64,    /* b= or bh= */
    MA_SIGNATURE_FAULT_COUNT
};

enum ma_signature_algorithm { MA_RSA_SHA1, MA_RSA_SHA256, MA_ED25519_SHA256 };

enum ma_signature_tag {
    MA_SIG_V,
    MA_SIG_A,
    MA_SIG_B,
    MA_SIG_BH,
    MA_SIG_C,
    MA_SIG_D,
    MA_SIG_H,
    MA_SIG_I,
    MA_SIG_L,
    MA_SIG_Q,
    MA_SIG_S,
    MA_SIG_T,
    MA_SIG_X,
    MA_SIG_Z,
    MA_SIG_TAG_COUNT
};

struct ma_signature {
    enum ma_signature_fault fault;
    const struct ma_mail_field *field;
    struct ma_span at;                       /* of the fault, in the field */
    struct ma_span values[MA_SIG_TAG_COUNT]; /* in the field */
    uint32_t tags;                           /* bit T: tag T is there */
    enum ma_signature_algorithm algorithm;
    const char *domain, *selector; /* lower case; "" where the fault is before */
    bool subdomain;                /* i= is below d=, not d= itself */
    bool has_length;               /* l= */
    uint64_t length_bytes;
    int64_t made_secs, expires_secs; /* t=, x=; -1: not there */
};

struct ma_mail {
    enum ma_mail_fault fault;
    size_t line; /* of the fault, from 1; 0: none in particular */
    struct ma_mail_field *fields;
    size_t field_count;
    const char *body; /* every line ends in CRLF */
    size_t body_size;
    struct ma_signature signatures[MA_MAIL_SIGNATURES_MAX]; /* from the top */
    size_t signature_count, signatures_left_out;
};

/* Fills the mail; its fault says whether it could be split. The bytes are borrowed for the call. */
void ma_mail_read(struct ma_mail *, struct ma_arena *, const char *bytes, size_t size);
/* "" for the good ones. */
const char *ma_mail_fault_phrase(enum ma_mail_fault);
const char *ma_signature_fault_phrase(enum ma_signature_fault);

bool ma_mail_field_is(const struct ma_mail_field *, const char *name);

/* Reads a DKIM-Signature. The field is borrowed, the names are the arena's (NULL: no memory). */
void ma_signature_read(struct ma_signature *, struct ma_arena *, const struct ma_mail_field *);

#endif
