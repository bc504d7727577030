/* SPDX-License-Identifier: MIT */
/* certificate.h - what is wrong with a server's certificate, in words. */
#ifndef MA_CERTIFICATE_H
#define MA_CERTIFICATE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#define MA_CERTIFICATE_TEXT_MAX 400 /* bytes, with the NUL */

/* What is noted while a chain is verified. Printable ASCII. */
struct ma_certificate {
    char wrong[MA_CERTIFICATE_TEXT_MAX]; /* "it expired on 2025-01-31", or "" */
    char names[MA_CERTIFICATE_TEXT_MAX]; /* the hosts that it is for: "a.example, b.example" */
    bool read;                           /* its names were looked for */
};

/* Has the chains of all sessions of the context verified, and noted in *note, which must live as
   long as the context. False without memory. */
bool ma_certificate_watch(SSL_CTX *, struct ma_certificate *note);

#endif
