/* SPDX-License-Identifier: MIT */
#include "range.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES_MAX 32

/* Plain decimal numbers: no exponent, no "inf", no blanks. */
static bool parse_number(const char *text, size_t size, double *number_r)
{
    char copy[NUMBER_BYTES_MAX];
    char *end;
    if (size == 0 || size >= sizeof copy || strspn(text, "0123456789.-") < size)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    errno = 0;
    *number_r = strtod(copy, &end);
    return *end == '\0' && errno == 0;
}

bool ma_range_parse(struct ma_range *range, const char *text)
{
    struct ma_range r = {.text = text, .low = 0, .high = INFINITY, .inside = *text == '@'};
    const char *start = text + r.inside;
    const char *colon = strchr(start, ':');
    const char *end = colon != NULL ? colon + 1 : start;
    bool open_end = colon != NULL && *end == '\0';
    if (colon == start && open_end)
        return false;
    if (colon == start + 1 && *start == '~')
        r.low = -INFINITY;
    else if (colon != NULL && colon > start &&
             !parse_number(start, (size_t)(colon - start), &r.low))
        return false;
    if (!open_end && !parse_number(end, strlen(end), &r.high))
        return false;
    if (r.low > r.high)
        return false;
    *range = r;
    return true;
}

bool ma_range_alerts(const struct ma_range *r, double value)
{
    bool within = value >= r->low && value <= r->high;
    return r->text != NULL && within == r->inside;
}
