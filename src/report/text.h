/* SPDX-License-Identifier: MIT */
/* text.h - pieces of the text report, for other texts that show findings. */
#ifndef MA_TEXT_H
#define MA_TEXT_H

#include "sheet.h"

/* One finding, muted ones and passes aside, as the text report shows it. */
void ma_text_finding(struct ma_sheet *, const struct ma_finding *, bool all);
/* "ERROR", in its colour. */
void ma_text_severity(struct ma_sheet *, enum ma_severity);

#endif
