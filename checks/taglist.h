/* SPDX-License-Identifier: MIT */
/*
 * taglist.h - a bounded cursor over "name=value; name=value" lists (RFC 6376 3.2), as DKIM keys,
 * DMARC, TLS-RPT and BIMI records are written. It reads any bytes, allocates nothing and never
 * leaves the record; every piece is a span of the record, so that a fault has its place.
 */
#ifndef MA_TAGLIST_H
#define MA_TAGLIST_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a record, counted from its first one. */
struct ma_span {
    size_t offset, size;
};

enum ma_tag_shape {
    MA_TAG_GOOD,
    MA_TAG_EMPTY,    /* nothing between two semicolons */
    MA_TAG_NO_EQUALS /* no '=', or no name before it */
};

struct ma_tag {
    enum ma_tag_shape shape;
    struct ma_span whole; /* from the name to the end of the value */
    struct ma_span name;  /* without blanks around */
    struct ma_span value; /* without blanks around; may be empty */
};

struct ma_taglist {
    const char *bytes;
    size_t size, at;
};

/* The bytes are borrowed and may hold NULs. */
void ma_taglist_init(struct ma_taglist *, const char *bytes, size_t size);
/* The next tag; false at the end. A semicolon at the very end starts no further tag. */
bool ma_taglist_next(struct ma_taglist *, struct ma_tag *tag_r);

/* Can what stands before the '=' be a name: a letter, then letters, digits and '_' (RFC 6376 3.2)?
 */
bool ma_tag_is_named(const char *bytes, const struct ma_tag *);

/* Items of a value between separators (',' or ':'), without blanks around; an item may be empty. */
struct ma_items {
    const char *bytes;
    size_t at, end;
    char separator;
    bool done;
};
void ma_items_init(struct ma_items *, const char *bytes, struct ma_span, char separator);
bool ma_items_next(struct ma_items *, struct ma_span *item_r);

/* Does the span hold the text: byte by byte, or (_nocase) whatever the case of ASCII letters? */
bool ma_span_is(const char *bytes, struct ma_span, const char *text);
bool ma_span_is_nocase(const char *bytes, struct ma_span, const char *text);
/* SP, TAB, CR, LF: what may stand around names and values (FWS of RFC 6376 2.8). */
bool ma_is_blank(char);
struct ma_span ma_span_trim(const char *bytes, struct ma_span);

/*
 * Finds where a value runs on into the next tag because a semicolon was forgotten: a blank, then
 * letters and '='. The span is that name.
 */
bool ma_tag_runs_on(const char *bytes, const struct ma_tag *, struct ma_span *next_r);

/*
 * Finds quotes or backslashes that belong to zone-file syntax, not into the data: a quote as the
 * first or last byte, or a backslash before a semicolon or a quote.
 */
bool ma_find_zone_quoting(const char *bytes, size_t size, struct ma_span *at_r);

#endif
