/* SPDX-License-Identifier: MIT */
/* What check_rbl tells: on how many of the lists asked the target is. A list that gave no answer
   is none that does not list it. */
#include "../data.h"
#include "nagios.h"

#include <string.h>

/* The state of one list over all of its rows, in order of what counts most. */
enum list_state { LIST_NOT_ASKED, LIST_CLEAN, LIST_UNKNOWN, LIST_LISTED };

static const char *text_of(const struct ma_data *row, const char *key)
{
    const struct ma_data *d = ma_nagios_member(row, key);
    return d != NULL && d->kind == MA_DATA_TEXT ? d->text.bytes : "";
}

static const struct ma_data *first_row(const struct ma_report *r)
{
    const struct ma_data *rows = ma_nagios_member(ma_nagios_data(r, "dnsbl"), "lists");
    return rows != NULL && rows->kind == MA_DATA_ARRAY ? rows->children.first : NULL;
}

static enum list_state row_state(const struct ma_data *row)
{
    static const char *const words[] = {
        [LIST_NOT_ASKED] = "not-asked",
        [LIST_CLEAN] = "clean",
        [LIST_LISTED] = "listed",
    };
    const char *state = text_of(row, "state");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i] != NULL && strcmp(state, words[i]) == 0)
            return (enum list_state)i;
    return LIST_UNKNOWN;
}

/* The rows of a list follow each other. *row_r: the first of the next one. */
static enum list_state take_list(const struct ma_data **row_r)
{
    const struct ma_data *row = *row_r;
    const char *zone = text_of(row, "zone");
    enum list_state worst = LIST_NOT_ASKED;
    for (; row != NULL && strcmp(text_of(row, "zone"), zone) == 0; row = row->next) {
        enum list_state s = row_state(row);
        worst = s > worst ? s : worst;
    }
    *row_r = row;
    return worst;
}

struct ma_list_counts ma_nagios_lists(const struct ma_report *r, const char *class)
{
    struct ma_list_counts c = {0};
    for (const struct ma_data *row = first_row(r); row != NULL;) {
        bool counts = class == NULL || strcmp(text_of(row, "class"), class) == 0;
        enum list_state state = take_list(&row);
        if (!counts)
            continue;
        c.listed += state == LIST_LISTED;
        c.clean += state == LIST_CLEAN;
        c.unknown += state == LIST_UNKNOWN;
        c.not_asked += state == LIST_NOT_ASKED;
    }
    return c;
}

/* ---- state ----------------------------------------------------------------------------------- */

/* Some addresses of the host are not known, so neither are their listings. A domain alone has none.
 */
static bool misses_addresses(const struct ma_report *r)
{
    return r->senders != NULL && r->senders->failed != NULL && !r->senders->from_mx;
}

enum ma_service_state ma_rbl_state(const struct ma_report *r, const struct ma_nagios *n)
{
    struct ma_list_counts c = ma_nagios_lists(r, NULL);
    unsigned sure = n->allow_lists ? c.clean : c.listed;
    unsigned most = sure + (n->incomplete_ok ? 0 : c.unknown);
    if (sure >= n->critical_lists)
        return MA_SERVICE_CRITICAL;
    if (misses_addresses(r) && !n->incomplete_ok)
        return MA_SERVICE_UNKNOWN;
    if (most >= n->critical_lists)
        return MA_SERVICE_UNKNOWN;
    if (sure >= n->warning_lists)
        return MA_SERVICE_WARNING;
    if (most >= n->warning_lists || c.listed + c.clean + c.unknown == 0)
        return MA_SERVICE_UNKNOWN; /* where no list was asked nothing is known */
    return MA_SERVICE_OK;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Of lists in the same state, those that most receivers use are named first. */
static const char *const weights[] = {"critical", "policy", "high", "medium", "low", "info"};
#define WEIGHT_COUNT (sizeof weights / sizeof *weights)

static size_t weight_of(const struct ma_data *row)
{
    size_t i = 0;
    while (i < WEIGHT_COUNT && strcmp(text_of(row, "weight"), weights[i]) != 0)
        i++;
    return i;
}

/* The first list in that state and of that weight behind *row, which goes on behind it. */
static const char *next_name(const struct ma_data **row, enum list_state wanted, size_t weight)
{
    while (*row != NULL) {
        const struct ma_data *first = *row;
        if (take_list(row) == wanted && weight_of(first) == weight)
            return text_of(first, "zone");
    }
    return NULL;
}

/* The names of the lists that are in a state, as many as fit. */
static void add_names(
    struct ma_status_line *line, const struct ma_report *r, enum list_state wanted, unsigned count)
{
    static const char more[] = ", ...";
    size_t room = sizeof line->text - 1 - line->length;
    unsigned named = 0;
    for (size_t weight = 0; weight <= WEIGHT_COUNT; weight++) {
        const struct ma_data *row = first_row(r);
        for (const char *zone; (zone = next_name(&row, wanted, weight)) != NULL; named++) {
            size_t reserve = named + 1 < count ? sizeof more - 1 : 0;
            if (strlen(zone) + 2 + reserve > room) {
                ma_status_add(line, "%s", named > 0 ? more : "");
                return;
            }
            ma_status_add(line, "%s%s", named > 0 ? ", " : ": ", zone);
            room -= strlen(zone) + 2;
        }
    }
}

/* Nothing was looked up anywhere: why. */
static void add_reason(
    struct ma_status_line *line, const struct ma_report *r, const struct ma_list_counts *c)
{
    if (misses_addresses(r))
        ma_status_add(line, ": no address: a look-up failed");
    else if (r->senders != NULL && r->senders->empty_count > 0)
        ma_status_add(line, ": it has no address");
    else
        ma_status_add(line, ": no list was asked, %u left out", c->not_asked);
}

void ma_rbl_summary(
    struct ma_status_line *line, const struct ma_report *r, const struct ma_nagios *n)
{
    struct ma_list_counts c = ma_nagios_lists(r, NULL);
    unsigned count = n->allow_lists ? c.clean : c.listed;
    unsigned asked = c.listed + c.clean + c.unknown;
    if (asked == 0) {
        add_reason(line, r, &c);
        return;
    }
    ma_status_add(line, " %slisted on %u of %u list%s", n->allow_lists ? "not " : "", count, asked,
        asked > 1 ? "s" : "");
    if (misses_addresses(r))
        ma_status_add(line, ", an address look-up failed");
    /* what cannot be read in the performance data goes first */
    if (count > 0)
        add_names(line, r, n->allow_lists ? LIST_CLEAN : LIST_LISTED, count);
    if (c.unknown > 0 && ma_status_add(line, ", %u unknown", c.unknown) && count == 0)
        add_names(line, r, LIST_UNKNOWN, c.unknown);
    if (c.not_asked > 0)
        ma_status_add(line, ", %u not asked", c.not_asked);
}

/* check_rbl's own label first: graphs go on. Its thresholds are counts, an alert from each on. */
void ma_rbl_perfdata(FILE *file, const struct ma_report *r, const struct ma_nagios *n)
{
    struct ma_list_counts c = ma_nagios_lists(r, NULL);
    unsigned count = n->allow_lists ? c.clean : c.listed;
    unsigned asked = c.listed + c.clean + c.unknown;
    if (c.listed + c.clean == 0)
        fputs("servers=U", file); /* no list gave an answer */
    else
        fprintf(file, "servers=%u", count);
    fprintf(file, ";%u;%u;0;%u servers_unknown=%u servers_not_asked=%u", n->warning_lists - 1,
        n->critical_lists - 1, asked, c.unknown, c.not_asked);
}

static void put_row(FILE *file, const struct ma_data *row)
{
    const char *meaning = text_of(row, "meaning"), *reason = text_of(row, "reason");
    const char *texts[] = {meaning, reason, text_of(row, "removal")};
    fprintf(file, "%s ", text_of(row, "state"));
    ma_nagios_put(file, text_of(row, "zone"));
    putc(' ', file);
    ma_nagios_put(file, text_of(row, "subject"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (*texts[i] == '\0')
            continue;
        fputs(i == 0 || texts[i - 1][0] == '\0' ? ": " : "; ", file);
        ma_nagios_put(file, texts[i]);
    }
    putc('\n', file);
}

/* -v: what is not clean; -vv: every list. */
void ma_rbl_details(FILE *file, const struct ma_report *r, unsigned level)
{
    for (const struct ma_data *row = first_row(r); row != NULL; row = row->next)
        if (level > 1 || row_state(row) != LIST_CLEAN)
            put_row(file, row);
}
