/* SPDX-License-Identifier: MIT */
/* report.h - the renderers: one file and one row of ma_formats each. They see a report, never the
   observations' sources. */
#ifndef MA_REPORT_H
#define MA_REPORT_H

#include "../finding.h"

#include <stdio.h>

struct ma_nagios;

struct ma_render_options {
    unsigned columns; /* of the terminal; 80 when not one */
    bool colour;
    unsigned verbose;               /* how often -v was given */
    bool trace;                     /* the SPF trace in full */
    const struct ma_nagios *nagios; /* how the plug-in was called, or NULL */
};

struct ma_format {
    const char *name; /* --format NAME */
    void (*render)(FILE *, const struct ma_report *, const struct ma_render_options *);
};

extern const struct ma_format ma_formats[];
const struct ma_format *ma_format_find(const char *name); /* NULL: no such format */

void ma_report_text(FILE *, const struct ma_report *, const struct ma_render_options *);
extern const char ma_report_csv_header[];
void ma_report_csv(FILE *, const struct ma_report *, const struct ma_render_options *);
void ma_report_nagios(FILE *, const struct ma_report *, const struct ma_render_options *);
/* `mailaudit lists`: rows is the array checks.dnsbl.lists. */
void ma_report_lists(FILE *, const struct ma_data *rows);
void ma_report_lists_json(FILE *, const struct ma_data *rows);
/* An object behind "schema" and "program", in a line. */
void ma_report_object_json(FILE *, const struct ma_data *object);
/* `mailaudit flatten`: flat is checks.flatten; domain is what was flattened. */
struct ma_flat_format {
    const char *name; /* --format NAME */
    void (*render)(FILE *, const char *domain, const struct ma_data *flat);
};
/* NULL: no such format. */
const struct ma_flat_format *ma_flat_format_find(const char *name);
/* Does the policy authorise half of the addresses of a family, or more? No list to let in. */
bool ma_flat_is_for_all(const struct ma_data *);
void ma_report_json(FILE *, const struct ma_report *, const struct ma_render_options *);

#endif
