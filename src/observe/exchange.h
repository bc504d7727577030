/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - one request by HTTPS to one address, and what came back: libcurl's handle, made so
 * that it reaches nothing but that address, asks no proxy, reads no file of the user's, follows
 * nothing, decompresses nothing and takes no more than it is told to.
 */
#ifndef MA_EXCHANGE_H
#define MA_EXCHANGE_H

#include "../url.h"
#include "certificate.h"
#include "web.h"

#include <curl/curl.h>

#define MA_HTTPS_CONNECT_MSECS    4000        /* TLS included */
#define MA_HTTPS_HEADER_BYTES_MAX (64 * 1024) /* of one response */
#define MA_HTTPS_SLOW_BYTES_SECS  64          /* fewer bytes a second are given up... */
#define MA_HTTPS_SLOW_SECS        8           /* ...after that long */
#define MA_EXCHANGE_TYPE_MAX      256         /* bytes of a Content-Type kept, with the NUL */
#define MA_EXCHANGE_DETAIL_MAX    512

struct ma_exchange {
    /* what is asked: borrowed, set before ma_exchange_open() */
    const struct ma_url *url;
    struct ma_address address;
    size_t cap_bytes;
    const char *accept; /* or NULL */
    X509_STORE *trusted;
    bool allow_private;
    void *owner; /* whose it is, by ma_exchange_of() */
    /* what comes back */
    CURL *easy; /* NULL when closed */
    struct curl_slist *connect_to, *headers;
    char *bytes;
    size_t size, room, header_bytes;
    const char *refused; /* what the address that was refused is set aside for */
    bool too_large, header_too_large;
    struct ma_certificate certificate;
    char error[CURL_ERROR_SIZE];
    char location[MA_URL_MAX + 1]; /* one longer than a URL may be is cut to what is none */
    char type[MA_EXCHANGE_TYPE_MAX], detail[MA_EXCHANGE_DETAIL_MAX];
};

/* What the address is set aside for, so that it must not be connected to; NULL for a global one.
   An IPv4 address inside a NAT64 one counts. */
const char *ma_exchange_refusal(const struct ma_address *);

/* Makes easy, to be run. False, with the reason in *failure_r; closed then. */
bool ma_exchange_open(struct ma_exchange *, enum ma_failure *failure_r);
/* Easy has been removed from whoever ran it. The rest can be used anew. */
void ma_exchange_close(struct ma_exchange *);
void *ma_exchange_of(CURL *); /* the owner */

bool ma_exchange_has_session(const struct ma_exchange *); /* did TLS come about? */
/*
 * What came of it, for which *r_r borrows from the exchange. Returns false when the server was not
 * reached at this address: another one may do better.
 */
bool ma_exchange_result(struct ma_exchange *, CURLcode, struct ma_response *r_r);

#endif
