/* SPDX-License-Identifier: MIT */
/* zonefile.h - the records of a zone file (RFC 1035 5, RFC 2308 4), each with its line. */
#ifndef MA_ZONEFILE_H
#define MA_ZONEFILE_H

#include "../name.h"

#include <ldns/ldns.h>
#include <stdio.h>

/* Caps on what a zone file may hold; exceeding one is an error that names it. */
#define MA_ZONE_FILE_BYTES_MAX (64u * 1024 * 1024)
#define MA_ZONE_RECORDS_MAX    1000000u /* records of one file */

struct ma_zone_record {
    ldns_rr *rr;
    unsigned line; /* where it starts */
};

struct ma_zonefile {
    char *path;
    struct ma_zone_record *records; /* in order of the file */
    size_t count, room;
};

/*
 * Reads the records of a file. origin is a wire name, or NULL: then relative names are errors
 * until there is a $ORIGIN or a SOA with an absolute owner. Errors go to err as "FILE:LINE: what";
 * false then, and nothing to clear.
 */
bool ma_zonefile_read(struct ma_zonefile *, const char *path, const uint8_t *origin, FILE *err);
/* Frees the records that are still there (rr not NULL). */
void ma_zonefile_clear(struct ma_zonefile *);

/*
 * The lines of a text as records have them: comments and parentheses left out, a line break within
 * parentheses made a blank. Used for recordings as well.
 */
struct ma_lines {
    const char *at;    /* NUL-terminated text */
    unsigned line;     /* of at */
    unsigned start;    /* of the line handed out last */
    char *text;        /* that line; MA_RRTEXT_MAX + 1 bytes */
    const char *wrong; /* why there is none, or NULL: the end */
};

bool ma_lines_init(struct ma_lines *, const char *text); /* false without memory */
bool ma_lines_next(struct ma_lines *);                   /* empty lines are left out */
void ma_lines_clear(struct ma_lines *);

#endif
