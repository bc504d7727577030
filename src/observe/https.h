/* SPDX-License-Identifier: MIT */
/*
 * https.h - the network as a source of bodies: libcurl on the loop, one exchange.h after the other.
 *
 * Who is connected to is decided here: the host's addresses come from the store, as any check would
 * get them, so that a zone file of the user's counts; each is looked at before it is connected to,
 * and libcurl looks up nothing itself, asks no proxy, reads no file of the user's and follows
 * nothing. Everything is bounded: transfers at once, redirects, addresses tried, bytes, time.
 */
#ifndef MA_HTTPS_H
#define MA_HTTPS_H

#include "web.h"

#include <stdio.h>
#include <uv.h>

#define MA_HTTPS_WINDOW        100   /* transfers at once */
#define MA_HTTPS_HOST_WINDOW   8     /* of them, from one host: be a polite guest */
#define MA_HTTPS_TIMEOUT_MSECS 10000 /* for a page, unless the request says otherwise */
#define MA_HTTPS_ADDRESSES_MAX 4     /* tried */

struct ma_https_options {
    bool allow_private;  /* are special-purpose addresses connected to? */
    const char *ca_file; /* PEM: trusted as well as the system's authorities; or NULL. Borrowed */
};

/* The store outlives the source. Errors go to err; false then. */
bool ma_https_open(struct ma_web_source *, uv_loop_t *, struct ma_store *,
    const struct ma_https_options *, FILE *err);

#endif
