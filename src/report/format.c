/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

/* One row a renderer; the first is the default. Ends with a NULL name. */
const struct ma_format ma_formats[] = {
    {"text", ma_report_text},
    {"json", ma_report_json},
    {"csv", ma_report_csv},
    {"nagios", ma_report_nagios},
    {NULL, NULL},
};

const struct ma_format *ma_format_find(const char *name)
{
    for (const struct ma_format *f = ma_formats; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}
