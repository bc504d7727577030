/* SPDX-License-Identifier: MIT */
/*
 * recording.h - a folder that holds the observations of an audit: dns.txt, and audit.txt with what
 * was audited. Text, sorted, one file a kind; the same audit writes the same bytes.
 *
 * dns.txt: the line "mailaudit-observations 1", then for each question
 *     OWNER TYPE OUTCOME [key=value...]
 * OUTCOME is ok, nodata, nxdomain or failed:WORD with the words of ma_failure_name(). Keys:
 * negative-ttl=SECS, security=secure|insecure|bogus, detail="...", server=ADDR#PORT, and the words
 * validate and recursive. The answer section follows in zone-file form, absolute names, each
 * record on a line that starts with a blank, aliases first. ';' starts a comment.
 *
 * audit.txt: the line "mailaudit-audit 1", then "KEY VALUE" lines: domain, address (repeated, as
 * given), sender, helo, role, selector (repeated), now (the clock), observations (their number).
 */
#ifndef MA_RECORDING_H
#define MA_RECORDING_H

#include "../arena.h"
#include "mailaudit/check.h"

#include <stdio.h>

#define MA_RECORDING_BYTES_MAX (256u * 1024 * 1024) /* of one file */

/* What a recording is of. Strings live in the arena that was given. */
struct ma_recorded_audit {
    const char *domain;
    const char **addresses; /* addresses or host names, as given */
    size_t address_count, address_room;
    const char *sender, *helo; /* or NULL */
    const char **selectors;
    size_t selector_count, selector_room;
    const char *role; /* as for --role, or NULL */
    int64_t now_secs;
    size_t observations;
};

/*
 * Reads DIR/audit.txt. Errors go to err as "FILE:LINE: what"; false then. A recording made by hand
 * need not have the file: domain is NULL then, and it is no error.
 */
bool ma_recording_audit(struct ma_recorded_audit *, struct ma_arena *, const char *dir, FILE *err);

#endif
