/* SPDX-License-Identifier: MIT */
/* score.h - the numbers that the score is made of, for the renderers that show how it was counted.
   ma_report_count() itself is told in finding.h. */
#ifndef MA_SCORE_H
#define MA_SCORE_H

#include "finding.h"

#define MA_GATE_CRITICAL 49 /* the most with a critical finding */
#define MA_GATE_ERROR    84 /* the most with an error */
#define MA_CAP_CRITICAL  40 /* an area's cap once it has a critical finding */
#define MA_CAP_DEFAULT   20 /* of an area that the table does not know: a plug-in's own */

/* What a finding of this severity costs before its area's cap. */
unsigned ma_severity_points(enum ma_severity);
/* What this one costs before it: the operator's points, or its severity's. */
unsigned ma_finding_points(const struct ma_finding *);
/* The most that an area costs without a critical finding. */
unsigned ma_area_cap(const char *area);
/* The same for this report, whose critical findings lift it. */
unsigned ma_report_cap(const struct ma_report *, const char *area);
char ma_grade(int score);
/* Does it cost anything? Neither muted findings nor effects of another one do. */
bool ma_finding_counts(const struct ma_finding *);

#endif
