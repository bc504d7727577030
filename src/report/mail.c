/* SPDX-License-Identifier: MIT */
#include "mail.h"

#include "../data.h"

#include <string.h>

#define HOPS_SHOWN   6 /* all of them with --verbose */
#define CLAIMS_SHOWN 6

static const char *known(const char *text)
{
    return text != NULL ? text : "?";
}

/* "Return-Path, line 3": where it was found. */
static void show_source(
    struct ma_sheet *s, const struct ma_data *row, const char *from_key, const char *line_key)
{
    static const struct {
        const char *word, *name;
    } sources[] = {{"given", "as given"}, {"return-path", "Return-Path"}, {"received", "Received"},
        {"results", "Authentication-Results"}};
    const char *from = ma_data_text(row, from_key);
    const char *name = "not known";
    for (size_t i = 0; from != NULL && i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].word, from) == 0)
            name = sources[i].name;
    ma_sheet_print(s, s->item_indent, " (%s", name);
    if (ma_data_number(row, line_key) > 0)
        ma_sheet_print(s, s->item_indent, ", line %lld", ma_data_number(row, line_key));
    ma_sheet_words(s, s->item_indent, ")");
}

static void begin(struct ma_sheet *s, const char *label)
{
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, label);
    ma_sheet_tab(s, s->item_indent);
}

static void show_author(struct ma_sheet *s, const struct ma_data *author)
{
    const struct ma_data *address = ma_data_first(author, "addresses");
    begin(s, "From");
    if (address == NULL)
        ma_sheet_words(s, s->item_indent, "no address");
    for (const char *before = ""; address != NULL; address = address->next, before = ", ")
        ma_sheet_print(s, s->item_indent, "%s%s", before, address->text.bytes);
    if (ma_data_number(author, "line") > 0)
        ma_sheet_print(s, s->item_indent, " (line %lld)", ma_data_number(author, "line"));
    ma_sheet_end_line(s);
}

static void show_envelope(struct ma_sheet *s, const struct ma_data *e)
{
    const char *address = ma_data_text(e, "address"), *sender = ma_data_text(e, "sender");
    begin(s, "sent by");
    ma_sheet_words(s, s->item_indent, address != NULL ? address : "not known");
    if (ma_data_text(e, "helo") != NULL)
        ma_sheet_print(s, s->item_indent, ", HELO %s", ma_data_text(e, "helo"));
    if (address != NULL)
        show_source(s, e, "address_from", "address_line");
    ma_sheet_end_line(s);
    begin(s, "sender");
    ma_sheet_words(s, s->item_indent,
        sender == NULL    ? "not known"
        : *sender != '\0' ? sender
                          : "<>");
    if (sender != NULL)
        show_source(s, e, "sender_from", "sender_line");
    ma_sheet_end_line(s);
}

static const char *alignment(const struct ma_data *row)
{
    const struct ma_data *relaxed = ma_data_member(row, "aligned_relaxed");
    if (relaxed == NULL || relaxed->kind != MA_DATA_BOOL)
        return "alignment not known";
    if (!relaxed->truth)
        return "not aligned";
    return ma_data_truth(row, "aligned_strict") ? "aligned" : "aligned, but not strictly";
}

static void show_spf(struct ma_sheet *s, const struct ma_data *spf)
{
    const char *result = ma_data_text(spf, "result");
    if (result == NULL)
        ma_sheet_item(s, "SPF", "not evaluated");
    else
        ma_sheet_item(
            s, "SPF", "%s for %s: %s", result, known(ma_data_text(spf, "domain")), alignment(spf));
}

static void show_signature(struct ma_sheet *s, const struct ma_data *row)
{
    const char *why = ma_data_text(row, "why");
    begin(s, "DKIM");
    ma_sheet_print(s, s->item_indent, "%s for d=%s s=%s", known(ma_data_text(row, "result")),
        known(ma_data_text(row, "domain")), known(ma_data_text(row, "selector")));
    if (ma_data_text(row, "algorithm") != NULL)
        ma_sheet_print(s, s->item_indent, ", %s", ma_data_text(row, "algorithm"));
    if (ma_data_number(row, "key_bits") > 0)
        ma_sheet_print(s, s->item_indent, ", %lld bits", ma_data_number(row, "key_bits"));
    ma_sheet_print(s, s->item_indent, ": %s", alignment(row));
    if (why != NULL)
        ma_sheet_print(s, s->item_indent, "; %s", why);
    if (ma_data_truth(row, "expired") || ma_data_truth(row, "future"))
        ma_sheet_words(s, s->item_indent,
            ma_data_truth(row, "expired") ? "; expired" : "; made in the future");
    ma_sheet_print(s, s->item_indent, " (line %lld)", ma_data_number(row, "line"));
    ma_sheet_end_line(s);
}

static bool is_same(const struct ma_data *a, const struct ma_data *b, const char *key)
{
    const char *x = ma_data_text(a, key), *y = ma_data_text(b, key);
    return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

static void show_reading(struct ma_sheet *s, const struct ma_data *row, const char *standards)
{
    const char *policy = ma_data_text(row, "policy"), *applied = ma_data_text(row, "applied");
    const char *result = known(ma_data_text(row, "result"));
    begin(s, "DMARC");
    ma_sheet_words(s, s->item_indent, strcmp(result, "none") == 0 ? "no policy" : result);
    if (applied != NULL && strcmp(result, "fail") == 0)
        ma_sheet_print(
            s, s->item_indent, ", to %s", strcmp(applied, "none") == 0 ? "be delivered" : applied);
    if (policy != NULL)
        ma_sheet_print(
            s, s->item_indent, "; p=%s at %s", policy, known(ma_data_text(row, "found_at")));
    ma_sheet_print(s, s->item_indent, " (%s)", standards);
    ma_sheet_end_line(s);
}

/* By both standards; in one line where they agree. */
static void show_dmarc(struct ma_sheet *s, const struct ma_data *row)
{
    const struct ma_data *next = row != NULL ? row->next : NULL;
    if (next != NULL && is_same(row, next, "result") && is_same(row, next, "policy") &&
        is_same(row, next, "found_at") && is_same(row, next, "applied")) {
        show_reading(s, row, "RFC 9989, RFC 7489");
        return;
    }
    for (; row != NULL; row = row->next)
        show_reading(s, row, known(ma_data_text(row, "standard")));
}

static void show_hops(struct ma_sheet *s, const struct ma_data *row, bool all)
{
    unsigned shown = 0, more = 0;
    for (; row != NULL; row = row->next) {
        if (shown == HOPS_SHOWN && !all) {
            more++;
            continue;
        }
        begin(s, shown++ == 0 ? "path" : "");
        ma_sheet_print(s, s->item_indent, "to %s", known(ma_data_text(row, "by")));
        if (ma_data_text(row, "helo") != NULL)
            ma_sheet_print(s, s->item_indent, " from %s", ma_data_text(row, "helo"));
        if (ma_data_text(row, "address") != NULL)
            ma_sheet_print(s, s->item_indent, " [%s]", ma_data_text(row, "address"));
        if (ma_data_text(row, "at") != NULL)
            ma_sheet_print(s, s->item_indent, ", %s", ma_data_text(row, "at"));
        if (ma_data_truth(row, "taken"))
            ma_sheet_words(s, s->item_indent, ": here it came in");
        ma_sheet_end_line(s);
    }
    if (more > 0)
        ma_sheet_item(s, "", "and %u more", more);
}

static void show_claim(struct ma_sheet *s, const struct ma_data *row)
{
    const struct ma_data *agrees = ma_data_member(row, "agrees");
    const char *server = ma_data_text(row, "server"), *identity = ma_data_text(row, "identity");
    ma_sheet_print(s, s->item_indent, "%s: %s=%s",
        server != NULL && *server != '\0' ? server : "unnamed server",
        known(ma_data_text(row, "method")), known(ma_data_text(row, "result")));
    if (identity != NULL)
        ma_sheet_print(s, s->item_indent, " for %s", identity);
    if (agrees != NULL && agrees->kind == MA_DATA_BOOL)
        ma_sheet_print(s, s->item_indent, agrees->truth ? "; the same now" : "; now %s",
            known(ma_data_text(row, "ours")));
    ma_sheet_print(s, s->item_indent, " (%sline %lld)", ma_data_truth(row, "arc") ? "ARC, " : "",
        ma_data_number(row, "line"));
}

static void show_claims(struct ma_sheet *s, const struct ma_data *row, bool all)
{
    unsigned shown = 0, more = 0;
    for (; row != NULL; row = row->next) {
        if (shown == CLAIMS_SHOWN && !all) {
            more++;
            continue;
        }
        begin(s, shown++ == 0 ? "claimed" : "");
        show_claim(s, row);
        ma_sheet_end_line(s);
    }
    if (more > 0)
        ma_sheet_item(s, "", "and %u more", more);
}

static const struct ma_data *find(const struct ma_report *r)
{
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->checks[i].check->name, "message") == 0)
            return r->checks[i].data;
    return NULL;
}

bool ma_mail_show(struct ma_sheet *s, const struct ma_report *r, bool all)
{
    const struct ma_data *mail = find(r);
    if (mail == NULL)
        return false;
    s->item_indent = 13;
    ma_sheet_end_line(s);
    show_author(s, ma_data_member(mail, "author"));
    show_envelope(s, ma_data_member(mail, "envelope"));
    show_spf(s, ma_data_member(mail, "spf"));
    const struct ma_data *row = ma_data_first(mail, "signatures");
    if (row == NULL)
        ma_sheet_item(s, "DKIM", "not signed");
    for (; row != NULL; row = row->next)
        show_signature(s, row);
    show_dmarc(s, ma_data_first(mail, "dmarc"));
    show_hops(s, ma_data_first(mail, "received"), all);
    show_claims(s, ma_data_first(mail, "claims"), all);
    ma_sheet_item(s, "questions",
        r->not_asked > 0 ? "%u asked, %u unanswered; %u not asked" : "%u asked, %u unanswered",
        r->questions, r->unanswered, r->not_asked);
    s->item_indent = 9;
    return true;
}
