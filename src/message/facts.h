/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what a message says of itself: who wrote it, by which envelope sender it came, by what
 * way, and what others have found. Pure; everything is the arena's.
 */
#ifndef MA_MESSAGE_FACTS_H
#define MA_MESSAGE_FACTS_H

#include "mailbox.h"
#include "received.h"
#include "results.h"

/* The target's domain where a message has no author: no such name can be. */
#define MA_MAIL_NO_AUTHOR "message.invalid"

/* Where the MAIL FROM was found. */
enum ma_sender_source {
    MA_SENDER_NOT_FOUND,
    MA_SENDER_RETURN_PATH, /* the topmost Return-Path (RFC 5321 4.4) */
    MA_SENDER_RECEIVED,    /* a comment of the hop that was taken */
    MA_SENDER_RESULTS      /* smtp.mailfrom of the topmost Authentication-Results */
};

struct ma_mail_facts {
    const struct ma_mail *mail;
    const struct ma_mail_field *from; /* the first From, or NULL */
    size_t from_count;
    struct ma_mailboxes authors; /* of the first From */
    struct ma_received_chain received;
    struct ma_results_list results;
    enum ma_sender_source sender_source;
    const char *sender;                       /* "" is the null sender; or NULL */
    const struct ma_mail_field *sender_field; /* or NULL */
};

/* NULL: no memory. The mail is without fault, and borrowed. */
struct ma_mail_facts *ma_mail_facts_read(struct ma_arena *, const struct ma_mail *);

/* The first field of that name, or NULL. */
const struct ma_mail_field *ma_mail_find(const struct ma_mail *, const char *name);
/* The value without folds and blanks around. */
const char *ma_mail_value(struct ma_arena *, const struct ma_mail_field *);

#endif
