/* SPDX-License-Identifier: MIT */
/*
 * webrecording.h - https.txt of a recording (recording.h): what was fetched. A folder has it only
 * if something was.
 *
 * The line "mailaudit-bodies 1", then for each URL, in order,
 *     URL OUTCOME [key=value...]
 * OUTCOME is ok or failed:WORD with the words of ma_failure_name(). Keys: code=NUMBER (200 without
 * it), cap=BYTES (the largest body taken; without it, whatever is asked for), and the quoted texts
 * type, final, location, certificate and detail; and the word follow, for a fetch that follows
 * redirects. The body of a 2xx response comes next, each line of it after a blank; a line that ends
 * in a backslash goes on in the next one. \DDD is a byte, \\ a backslash, \" a quote. ';' at the
 * start of a line makes it a comment.
 */
#ifndef MA_WEBRECORDING_H
#define MA_WEBRECORDING_H

#include "web.h"

#define MA_RECORDING_HTTPS "mailaudit-bodies 1"

struct ma_fetched {
    const struct ma_request *request;
    const struct ma_body *body;
};

/* Sorts the list and writes it. */
bool ma_web_recording_write(FILE *out, struct ma_fetched *list, size_t count);

#endif
