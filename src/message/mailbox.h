/* SPDX-License-Identifier: MIT */
/* mailbox.h - the addresses of a From, Return-Path and the like (RFC 5322 3.4). Any bytes in. */
#ifndef MA_MESSAGE_MAILBOX_H
#define MA_MESSAGE_MAILBOX_H

#include "gate.h"

#define MA_MAILBOXES_MAX     16
#define MA_MAILBOX_BYTES_MAX 1000 /* of one address */

struct ma_mailbox {
    const char *address; /* local@domain; "" is the null address <> */
    const char *domain;  /* lower case, behind the last '@'; "" of the null address */
};

struct ma_mailboxes {
    struct ma_mailbox list[MA_MAILBOXES_MAX];
    size_t count, left_out;
    bool bad; /* something in it is no address */
};

void ma_mailboxes_read(struct ma_mailboxes *, struct ma_arena *, const struct ma_mail_field *);

#endif
