/* SPDX-License-Identifier: MIT */
/*
 * range.h - thresholds as monitoring plug-ins take them (Monitoring Plugins development guidelines,
 * "Threshold and ranges"): an alert is raised outside the range, or with '@' inside it.
 *
 *     10      0 to 10          10:20    10 to 20
 *     10:     10 or more       @10:20   not 10 to 20
 *     ~:10    10 or less
 */
#ifndef MA_RANGE_H
#define MA_RANGE_H

#include <stdbool.h>

struct ma_range {
    const char *text; /* as given, for the performance data; NULL: no range, never an alert */
    double low, high; /* both belong to the range; may be infinite */
    bool inside;      /* '@' */
};

/* text is kept, not copied. False: it is no range. */
bool ma_range_parse(struct ma_range *, const char *text);
bool ma_range_alerts(const struct ma_range *, double value);

#endif
