/* SPDX-License-Identifier: MIT */
/* maildate.h - dates of header fields (RFC 5322 3.3, and the zones of 4.3). */
#ifndef MA_MESSAGE_MAILDATE_H
#define MA_MESSAGE_MAILDATE_H

#include "taglist.h"

#include <stdint.h>

/* Seconds since the epoch; -1: that is no date, or one before 1970 or behind 9999. */
int64_t ma_mail_date(const char *bytes, struct ma_span);

#endif
