/* SPDX-License-Identifier: MIT */
/* trace.h - how the SPF result of each sender came about, term by term, for --trace. */
#ifndef MA_TRACE_H
#define MA_TRACE_H

#include "sheet.h"

/* Prints what checks.spf.results[].trace tells; nothing when the check did not run. */
void ma_trace_show(struct ma_sheet *, const struct ma_report *);

#endif
