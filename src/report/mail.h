/* SPDX-License-Identifier: MIT */
/* mail.h - the head of the report on one message: who wrote it, who sent it, who vouches for it. */
#ifndef MA_REPORT_MAIL_H
#define MA_REPORT_MAIL_H

#include "sheet.h"

/* Prints what checks.message tells, in place of the target; false when that check did not run.
   all: every hop, and what is claimed by whom. */
bool ma_mail_show(struct ma_sheet *, const struct ma_report *, bool all);

#endif
