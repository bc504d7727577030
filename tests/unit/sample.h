/* SPDX-License-Identifier: MIT */
/* sample.h - a report made by hand, with something of everything, for the renderers' tests. */
#ifndef UNIT_SAMPLE_H
#define UNIT_SAMPLE_H

#include "data.h"
#include "report/report.h"
#include "score.h"

static const struct ma_rule sample_rules[] = {
    {"spf.bad-term", MA_ERROR, MA_PASS, "the SPF record has a term that does not exist",
        "receivers take the whole record as broken", "correct {term} in the record of {domain}",
        "RFC 7208 4.6.1"},
    {"spf.unanswered", MA_UNKNOWN, MA_CRITICAL, "an SPF look-up got no answer",
        "receivers would defer the mail", "ask again later", "RFC 7208 4.4"},
    {"spf.valid", MA_PASS, MA_PASS, "the SPF record is valid", "", NULL, "RFC 7208"},
    {"spf.old", MA_WARNING, MA_PASS, "an old thing is used", "it will go", "use the new one",
        "RFC 7208 5.5"},
};
static const struct ma_check sample_check = {
    .name = "spf", .area = "spf", .title = "Sender Policy Framework", .rules = sample_rules};

static const struct ma_sender sample_addresses[] = {
    {.text = "192.0.2.10", .host = "mail.example.com"},
    {.text = "2001:db8::10"},
};

struct sample {
    struct ma_arena arena;
    struct ma_target target;
    struct ma_senders senders;
    struct ma_placeholder term;
    struct ma_place place;
    struct ma_record record;
    struct ma_subject also;
    struct ma_check_result result;
    struct ma_finding *bad, *unanswered, *valid, *old;
    struct ma_report report;
};

static const char sample_record[] = "v=spf1 mx ipv4:192.0.2.1 -all";

static struct ma_finding *sample_finding(struct sample *s, int rule, const char *evidence)
{
    struct ma_finding *f = ma_finding_new(
        &s->arena, &sample_check, &sample_rules[rule], "xn--bcher-kva.example", evidence);
    return f;
}

/* Everything but the counting, which the test starts with sample_count(). */
static void sample_init(struct sample *s)
{
    *s = (struct sample){.target = {.domain = "xn--bcher-kva.example",
                             .unicode = "b\xc3\xbc"
                                        "cher.example",
                             .sender = "postmaster@xn--bcher-kva.example"},
        .senders = {.list = sample_addresses, .count = 2, .from_mx = true},
        .term = {"term", "ipv4:192.0.2.1", NULL},
        .place = {"xn--bcher-kva.example", "TXT", sample_record, sizeof sample_record - 1, 10, 14},
        .record = {"xn--bcher-kva.example", MA_TXT, "TXT", "\"v=spf1 mx ip4:192.0.2.1 -all\"", 5400,
            NULL},
        .also = {"www.xn--bcher-kva.example", NULL}};
    ma_arena_init(&s->arena, 4096, UNIT_ARENA_BYTES);
    s->bad = sample_finding(s, 0, "\"ipv4\" is no mechanism of SPF");
    s->bad->fills = &s->term;
    s->bad->place = &s->place;
    s->bad->records = &s->record;
    s->bad->also = &s->also;
    s->unanswered = sample_finding(s, 1, "no answer for _spf.example.net TXT");
    s->unanswered->failure = MA_FAIL_TIMEOUT;
    s->valid = sample_finding(s, 2, "it parses");
    s->old = sample_finding(s, 3, "ptr");
    s->old->muted = "until 2030-01-01: planned";
    s->bad->next = s->unanswered;
    s->unanswered->next = s->valid;
    s->valid->next = s->old;
    s->old->next = NULL;
    s->report = (struct ma_report){.status = MA_REPORT_INCOMPLETE,
        .audited_at = -1,
        .target = &s->target,
        .senders = &s->senders,
        .questions = 41,
        .unanswered = 1,
        .not_asked = 2};
}

static void sample_count(struct sample *s)
{
    for (struct ma_finding *f = s->bad; f != NULL; f = f->next)
        ma_finding_finish(f, s->target.domain);
    ma_report_count(&s->report, &s->arena, s->bad);
}

static void sample_clear(struct sample *s)
{
    ma_arena_clear(&s->arena);
}

/* The report as text; free() it. */
static char *sample_render(const struct sample *s, const char *format, unsigned columns)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    const struct ma_render_options options = {.columns = columns};
    assert_non_null(file);
    ma_format_find(format)->render(file, &s->report, &options);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

#endif
