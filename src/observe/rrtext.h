/* SPDX-License-Identifier: MIT */
/*
 * rrtext.h - one resource record from its text (RFC 1035 5.1, RFC 3597 5).
 *
 * ldns makes the rdata, but not from the raw text: its line parser takes "IN 3600" for an error,
 * lets numbers wrap (MX 70000 is read as 4464), keeps the quotes of CNAME "name" in the name, pads
 * an odd hexadecimal digit and reads a relative name at the root when there is no origin. So the
 * text is split and checked here, and handed over in the one form that ldns reads well.
 */
#ifndef MA_RRTEXT_H
#define MA_RRTEXT_H

#include "../name.h"

#include <ldns/ldns.h>

#define MA_RRTEXT_MAX      140000u     /* bytes of a record's text: 64 kB of RDATA in hexadecimal */
#define MA_RRTEXT_WHY_MAX  256u        /* bytes of an error text */
#define MA_RRTEXT_TTL_MAX  0x7fffffffu /* RFC 2181 8 */
#define MA_RRTEXT_TTL_NONE 3600u       /* where nothing states a TTL */

/* What a record takes over from the lines before it; {0} at the start. */
struct ma_rrtext {
    uint8_t origin[MA_NAME_WIRE_MAX]; /* $ORIGIN */
    uint8_t origin_size;              /* 0: none yet, relative names are errors */
    uint8_t owner[MA_NAME_WIRE_MAX];  /* of the last record */
    uint8_t owner_size;               /* 0: none yet */
    bool soa_gives_origin;            /* without an origin, the owner of a SOA becomes it */
    bool has_default_ttl, has_last_ttl;
    uint32_t default_ttl_secs;   /* $TTL */
    uint32_t last_ttl_secs;      /* of the last record, RFC 1035 5.1 */
    char why[MA_RRTEXT_WHY_MAX]; /* what was wrong, printable ASCII */
};

/* A word or a quoted string of a line. */
struct ma_word {
    const char *at;
    size_t size;
    bool quoted; /* at and size are without the quotes */
};

/*
 * The next word of a line without comments, parentheses and line breaks; false at its end, or when
 * a quote is not closed (then why is set, else it is empty).
 */
bool ma_rrtext_word(struct ma_rrtext *, const char **line, struct ma_word *);
/* A name of the text, lower case, relative to the origin unless it ends in a dot; 0: see why. */
size_t ma_rrtext_name(
    struct ma_rrtext *, const struct ma_word *, uint8_t wire[static MA_NAME_WIRE_MAX]);
/* "3600", "1h30m"; false when it is no such thing. Saturates. */
bool ma_rrtext_ttl(const struct ma_word *, uint64_t *secs_r);

/*
 * The record of a line without comments, parentheses and line breaks; a leading blank stands for
 * the last owner. Class IN only; names in lower case. The caller frees it with ldns_rr_free().
 * NULL: see why.
 */
ldns_rr *ma_rrtext_parse(struct ma_rrtext *, const char *line);

/* Sets why; a piece of the text goes in by "%s" as ma_rrtext_shown() makes it. Returns false. */
bool ma_rrtext_wrong(struct ma_rrtext *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

struct ma_shown {
    char text[48];
};
/* A word for an error text: printable, cut when long. */
struct ma_shown ma_rrtext_shown(const struct ma_word *);

#endif
