/* SPDX-License-Identifier: MIT */
/* url.h - https URLs (RFC 3986, RFC 9110 4.2.2), as far as they are fetched here. */
#ifndef MA_URL_H
#define MA_URL_H

#include "mailaudit/check.h"

#define MA_URL_PORT     443
#define MA_URL_HOST_MAX 256 /* bytes, with the NUL */

struct ma_url {
    char text[MA_URL_MAX];      /* as it is fetched: no default port, a path, no fragment */
    char host[MA_URL_HOST_MAX]; /* lower case, without a trailing dot; of a literal, no brackets */
    uint16_t port;
    bool is_literal;           /* the host is an address */
    struct ma_address address; /* of a literal */
};

/*
 * Text may be anything. False for all but an https URL of printable ASCII whose host is a host name
 * or an address: a user, blanks and backslashes are refused, since not everybody reads them alike;
 * so is a fragment, unless drop_fragment (a Location header may have one, RFC 9110 10.2.2).
 */
bool ma_url_parse(struct ma_url *, const char *text, bool drop_fragment);

#endif
