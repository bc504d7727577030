/* SPDX-License-Identifier: MIT */
/* body.h - the body as a signature sees it (RFC 6376 3.4.3, 3.4.4). */
#ifndef MA_MESSAGE_BODY_H
#define MA_MESSAGE_BODY_H

#include "gate.h"

/* Bytes of the body in the canonical form that the signature is over. */
size_t ma_mail_body_size(const struct ma_mail *, const struct ma_signature *);

/* Is the hash of that body, or of its first l= bytes, the one in bh=? By our own count: libopendkim
   does not say where the signature is wrong. For signatures without fault. */
bool ma_mail_body_matches(const struct ma_mail *, const struct ma_signature *);

/* How many bytes of the body, as it stands in the message, are what was signed, where something was
   put behind them: up to the end of a line, among the last MA_MAIL_ADDED_LINES_MAX. 0: none. */
#define MA_MAIL_ADDED_LINES_MAX 4000
size_t ma_mail_body_signed(const struct ma_mail *, const struct ma_signature *);

/* How often h= names the field. */
size_t ma_signature_names(const struct ma_signature *, const char *field);
/* How often the message has it. */
size_t ma_mail_count(const struct ma_mail *, const char *field);

#endif
