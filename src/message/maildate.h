/* SPDX-License-Identifier: MIT */
/* maildate.h - dates of header fields (RFC 5322 3.3, and the zones of 4.3). */
#ifndef MA_MESSAGE_MAILDATE_H
#define MA_MESSAGE_MAILDATE_H

#include "taglist.h"

#include <stdint.h>

/* Seconds since the epoch; -1: that is no date, or one before 1970 or behind 9999. */
int64_t ma_mail_date(const char *bytes, struct ma_span);

/* "2025-06-01 00:00:00 UTC"; "" of a time below 0 or behind the year 9999. */
#define MA_MAIL_DATE_MAX 64
void ma_mail_date_print(char out[static MA_MAIL_DATE_MAX], int64_t secs);

#endif
