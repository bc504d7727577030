/* SPDX-License-Identifier: MIT */
/*
 * received.h - the way that a message says it has come: its Received fields (RFC 5321 4.4), as
 * Postfix, Exim, Sendmail, qmail, Gmail and Exchange write them. Only those on top were written by
 * whoever received the message; the rest can be made up.
 */
#ifndef MA_MESSAGE_RECEIVED_H
#define MA_MESSAGE_RECEIVED_H

#include "gate.h"

#include <mailaudit/check.h>

#define MA_RECEIVED_MAX 64

struct ma_received {
    const struct ma_mail_field *field;
    const char *from;                      /* behind "from", or NULL */
    const char *helo;                      /* what the client called itself, or NULL */
    const char *by, *with, *envelope_from; /* or NULL */
    bool has_address;
    bool internal; /* the address is of a private network or the host itself */
    struct ma_address address;
    int64_t at_secs; /* -1: no date */
};

struct ma_received_chain {
    struct ma_received list[MA_RECEIVED_MAX]; /* from the top: the last hop first */
    size_t count, left_out;
    /* The hop that brought the message in: the first from the top that comes from a global
       address. NULL: there is none. */
    const struct ma_received *taken;
};

void ma_received_read(struct ma_received_chain *, struct ma_arena *, const struct ma_mail *);

#endif
