/* SPDX-License-Identifier: MIT */
/*
 * dmarc_record.h - a DMARC policy record (RFC 9989 4.7 and 4.8; tags of RFC 7489 as far as its
 * readers still use them), parsed with the place of every fault. Pure: no allocation, any bytes
 * in, bounded work.
 */
#ifndef MA_DMARC_RECORD_H
#define MA_DMARC_RECORD_H

#include "taglist.h"

#include <stdint.h>

/* Report destinations kept of each of rua and ruf; receivers need not serve more than two. */
#define MA_DMARC_URIS_MAX 8

/* Also the order of strictness. */
enum ma_dmarc_policy { MA_DMARC_UNSET, MA_DMARC_NONE, MA_DMARC_QUARANTINE, MA_DMARC_REJECT };

/* The tags, in the order in which a record is written. */
enum ma_dmarc_tag {
    MA_DMARC_P,
    MA_DMARC_SP,
    MA_DMARC_NP,
    MA_DMARC_PSD,
    MA_DMARC_T,
    MA_DMARC_ADKIM,
    MA_DMARC_ASPF,
    MA_DMARC_RUA,
    MA_DMARC_RUF,
    MA_DMARC_FO,
    MA_DMARC_PCT, /* this and the next two are historic: RFC 9989 readers skip them */
    MA_DMARC_RF,
    MA_DMARC_RI,
    MA_DMARC_TAG_COUNT
};

/* What can be wrong; each kind is kept once, with its first place. */
enum ma_dmarc_fault {
    /* with one of these the record is not well-formed */
    MA_DMARC_SYNTAX,       /* a tag without '=' or without a name */
    MA_DMARC_NO_SEMICOLON, /* one tag runs on into the next */
    MA_DMARC_DUPLICATE_TAG,
    MA_DMARC_NO_P,
    MA_DMARC_BAD_POLICY, /* p, sp or np has no such value: the whole record counts as p=none */
    MA_DMARC_BAD_VALUE,  /* another tag has no such value: its default is used */
    MA_DMARC_BAD_URI,    /* a report destination that is no URI, or a mailto: without address */
    /* these are odd */
    MA_DMARC_EMPTY_TAG,
    MA_DMARC_TAG_CASE,     /* a known tag written in capitals */
    MA_DMARC_HISTORIC,     /* rf, ri, pct=100 */
    MA_DMARC_PCT_PART,     /* pct under 100 */
    MA_DMARC_SIZE_LIMIT,   /* "!10m" behind a URI */
    MA_DMARC_OTHER_SCHEME, /* a URI that is not mailto: nobody reports there */
    MA_DMARC_MANY_URIS,    /* more than two destinations */
    MA_DMARC_UNKNOWN_TAG,
    MA_DMARC_FAULT_COUNT
};
#define MA_DMARC_INVALID_COUNT MA_DMARC_EMPTY_TAG /* the faults before this one */

enum ma_dmarc_uri_kind { MA_DMARC_MAILTO, MA_DMARC_SCHEME, MA_DMARC_NO_URI };

struct ma_dmarc_uri {
    enum ma_dmarc_uri_kind kind;
    struct ma_span text; /* without the size limit */
    struct ma_span host; /* of a mailto: address, as written */
};

struct ma_dmarc_uris {
    struct ma_dmarc_uri list[MA_DMARC_URIS_MAX];
    unsigned count; /* kept */
    unsigned seen;  /* in the record */
    bool usable;    /* at least one is a URI by its syntax */
};

struct ma_dmarc_record {
    const char *bytes; /* borrowed */
    size_t size;
    enum ma_dmarc_policy p, sp, np; /* UNSET when missing or no such value */
    char psd;                       /* 'y', 'n' or 'u' */
    bool testing;                   /* t=y */
    int pct;                        /* 100 when missing or invalid */
    struct ma_dmarc_uris rua, ruf;
    struct ma_span values[MA_DMARC_TAG_COUNT]; /* where the tag's value is */
    uint32_t tags;                             /* bit T: tag T is there, with any value */
    uint32_t bad;                              /* bit T: tag T has no valid value */
    uint32_t faults;                           /* bit F: there is fault F */
    struct ma_span places[MA_DMARC_FAULT_COUNT];
};

/* Is it a DMARC record at all: is its first tag v=DMARC1, exactly? */
bool ma_dmarc_is_record(const char *bytes, size_t size);

/* Why something that was meant to be a DMARC record is none. */
enum ma_dmarc_miss {
    MA_DMARC_MISS_NOT,        /* it was not meant to be one */
    MA_DMARC_MISS_QUOTES,     /* zone-file quotes or backslashes inside the data */
    MA_DMARC_MISS_TYPOGRAPHY, /* a word processor's quotation marks or blanks inside the data */
    MA_DMARC_MISS_BLANK,      /* a blank before v= */
    MA_DMARC_MISS_LATE,       /* v= is not the first tag */
    MA_DMARC_MISS_SEMICOLON,  /* no semicolon behind v=DMARC1 */
    MA_DMARC_MISS_CASE,       /* the case of DMARC1 */
    MA_DMARC_MISS_VERSION,    /* any other v= with DMARC in it */
    MA_DMARC_MISS_NO_V        /* no v= at all, but a policy */
};
/* For bytes that are no record; the span is the place of the mistake. */
enum ma_dmarc_miss ma_dmarc_near_miss(const char *bytes, size_t size, struct ma_span *at_r);

/* Parses a record that ma_dmarc_is_record() has taken. */
void ma_dmarc_record_parse(struct ma_dmarc_record *, const char *bytes, size_t size);

static inline bool ma_dmarc_record_has(const struct ma_dmarc_record *r, enum ma_dmarc_fault f)
{
    return (r->faults >> f & 1) != 0;
}
bool ma_dmarc_record_valid(const struct ma_dmarc_record *);

/* What receivers make of the record (RFC 9989 4.10.1). */
enum ma_dmarc_effect {
    MA_DMARC_AS_WRITTEN,
    MA_DMARC_AS_NONE,  /* p, sp or np is not valid, rua is: p=none */
    MA_DMARC_NO_EFFECT /* and no rua to use either: no DMARC at all */
};
enum ma_dmarc_effect ma_dmarc_record_effect(const struct ma_dmarc_record *);

/* p, sp or np (each defaulting to the one before it), with the effect taken into account; UNSET
   when the record has no effect. */
enum ma_dmarc_policy ma_dmarc_record_policy(const struct ma_dmarc_record *, enum ma_dmarc_tag);
const char *ma_dmarc_policy_name(enum ma_dmarc_policy); /* "reject"; NULL for UNSET */

/*
 * Makes a record out of something that nearly is one, or lacks semicolons: takes zone-file quoting
 * and typography out, puts forgotten semicolons in and v=DMARC1 first. Room: size +
 * MA_DMARC_MEND_EXTRA bytes. Returns the length.
 */
#define MA_DMARC_MEND_EXTRA 16
size_t ma_dmarc_record_mend(char *out, const char *bytes, size_t size);

/* How the record is to be changed. */
struct ma_dmarc_edit {
    enum ma_dmarc_tag which; /* P, SP or NP: gets that policy; policy UNSET changes none */
    enum ma_dmarc_policy policy;
    uint32_t drop;           /* bit T: tag T is left out */
    const char *default_rua; /* where to send reports if the record does not say; or NULL */
};

/*
 * The record in good form and changed. Valid tags are kept, historic and unknown ones left out.
 * Returns the length: at most MA_DMARC_WRITE_EXTRA bytes over the record's size and default_rua's,
 * which out must hold with the NUL.
 */
#define MA_DMARC_WRITE_EXTRA 256
size_t ma_dmarc_record_write(
    const struct ma_dmarc_record *, const struct ma_dmarc_edit *, char *out);

#endif
