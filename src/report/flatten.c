/* SPDX-License-Identifier: MIT */
/* The outputs of `mailaudit flatten`: lists of networks for programs, records for zone files. What
   is no network stands in comments. */
#include "../data.h"
#include "escape.h"
#include "report.h"

#include <string.h>

#define MARK_LIST    '#' /* begins a comment */
#define MARK_ZONE    ';'
#define HALF_OF_IPV4 (1LL << 31)

/* On one line, whatever is in it. */
static void put(FILE *out, const char *text)
{
    for (size_t at = 0, size = strlen(text); at < size;) {
        struct ma_piece p;
        ma_piece_next(&p, (const unsigned char *)text + at, size - at);
        fwrite(p.text, 1, p.length, out);
        at += p.consumed;
    }
}

/* ---- comments -------------------------------------------------------------------------------- */

static size_t count_of(const struct ma_data *d, const char *key)
{
    size_t count = 0;
    for (const struct ma_data *c = ma_data_first(d, key); c != NULL; c = c->next)
        count++;
    return count;
}

bool ma_flat_is_for_all(const struct ma_data *flat)
{
    if (ma_data_number(flat, "ipv4_addresses") >= HALF_OF_IPV4)
        return true;
    for (const struct ma_data *n = ma_data_first(flat, "networks"); n != NULL; n = n->next) {
        const char *prefix = strrchr(n->text.bytes, '/');
        if (prefix != NULL && strchr(n->text.bytes, ':') != NULL && prefix[1] <= '3' &&
            prefix[2] == '\0')
            return true; /* 2000::/3 is all that is in use */
    }
    return false;
}

static void put_summary(FILE *out, char mark, const char *domain, const struct ma_data *flat)
{
    const char *state = ma_data_text(flat, "state");
    size_t count = count_of(flat, "networks");
    long long addresses = ma_data_number(flat, "ipv4_addresses");
    fprintf(out, "%c ", mark);
    put(out, domain);
    if (strcmp(state, "none") == 0) {
        fputs(" has no SPF record: it authorises nobody\n", out);
        return;
    }
    fprintf(out, " authorises %zu network%s by SPF, %lld IPv4 address%s\n", count,
        count == 1 ? "" : "s", addresses, addresses == 1 ? "" : "es");
    const char *rest = ma_data_text(flat, "default");
    if (rest != NULL && rest[0] != '+' && mark == MARK_LIST) {
        fprintf(out, "%c all other addresses: ", mark);
        put(out, rest);
        fputc('\n', out);
    }
    if (ma_flat_is_for_all(flat))
        fprintf(
            out, "%c THE WHOLE WORLD: whoever lets these networks in lets everybody in\n", mark);
    if (strcmp(state, "incomplete") == 0)
        fprintf(out, "%c INCOMPLETE: networks are missing, see below\n", mark);
    if (strcmp(state, "broken") == 0)
        fprintf(out, "%c BROKEN: receivers run into an error (permerror), see below\n", mark);
}

static bool is_idle(const struct ma_data *left)
{
    const char *why = ma_data_text(left, "why");
    return strcmp(why, "modifier") == 0 || strcmp(why, "ignored") == 0;
}

static void put_left(FILE *out, char mark, const char *domain, const struct ma_data *left)
{
    const char *owner = ma_data_text(left, "domain"), *term = ma_data_text(left, "term");
    bool stays = mark == MARK_ZONE && term != NULL && !is_idle(left);
    fprintf(out, "%c %s: ", mark, stays ? "stays as it is" : "not in the list");
    put(out, term != NULL ? term : "all of it");
    if (owner != NULL && strcmp(owner, domain) != 0) {
        fputs(" of ", out);
        put(out, owner);
    }
    fputs(": ", out);
    put(out, ma_data_text(left, "text"));
    if (ma_data_text(left, "detail") != NULL) {
        fputs(" (", out);
        put(out, ma_data_text(left, "detail"));
        fputc(')', out);
    }
    fputc('\n', out);
}

static void put_comments(FILE *out, char mark, const char *domain, const struct ma_data *flat)
{
    put_summary(out, mark, domain, flat);
    for (const struct ma_data *l = ma_data_first(flat, "over_limits"); l != NULL; l = l->next)
        fprintf(out, "%c over a limit of SPF, receivers stop there: %s\n", mark, l->text.bytes);
    for (const struct ma_data *l = ma_data_first(flat, "left"); l != NULL; l = l->next)
        put_left(out, mark, domain, l);
}

/* ---- the formats ----------------------------------------------------------------------------- */

/* A network a line. postgrey takes the same (whitelist_clients). */
static void render_cidr(FILE *out, const char *domain, const struct ma_data *flat)
{
    put_comments(out, MARK_LIST, domain, flat);
    for (const struct ma_data *n = ma_data_first(flat, "networks"); n != NULL; n = n->next)
        fprintf(out, "%s\n", n->text.bytes);
}

/* cidr_table(5), for check_client_access. */
static void render_postfix(FILE *out, const char *domain, const struct ma_data *flat)
{
    put_comments(out, MARK_LIST, domain, flat);
    for (const struct ma_data *n = ma_data_first(flat, "networks"); n != NULL; n = n->next)
        fprintf(out, "%s permit\n", n->text.bytes);
}

static void render_spf(FILE *out, const char *domain, const struct ma_data *flat)
{
    const struct ma_data *fit = ma_data_member(flat, "records_fit");
    put_comments(out, MARK_ZONE, domain, flat);
    if (ma_data_first(flat, "records") == NULL)
        return;
    if (strcmp(ma_data_text(flat, "state"), "broken") !=
        0) /* else receivers do not come that far */
        fprintf(out, "; look-ups: %lld before, %lld with %s\n", ma_data_number(flat, "lookups"),
            ma_data_number(flat, "records_lookups"),
            count_of(flat, "records") == 1 ? "this record" : "these records");
    fputs(
        "; compare the networks with their owners' every month: they change without telling you\n",
        out);
    if (fit != NULL && fit->kind == MA_DATA_BOOL && !fit->truth)
        fputs("; TOO MUCH for SPF: over 10 look-ups, or a record that answers do not hold\n", out);
    for (const struct ma_data *r = ma_data_first(flat, "records"); r != NULL; r = r->next) {
        put(out, ma_data_text(r, "owner"));
        fputs(". IN TXT ", out);
        put(out, ma_data_text(r, "rdata"));
        fputc('\n', out);
    }
}

const struct ma_flat_format *ma_flat_format_find(const char *name)
{
    static const struct ma_flat_format formats[] = {{"cidr", render_cidr},
        {"postfix", render_postfix}, {"postgrey", render_cidr}, {"spf", render_spf}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}
