/* SPDX-License-Identifier: MIT */
/* message_others.c - what others say that they found, beside what is found now. */
#include "message_check.h"

#include <string.h>
#include <strings.h>

/* A claim, and what it is to be compared with. */
struct claim {
    const struct ma_results *by;
    const struct ma_result_item *item;
    const char *identity; /* whose result it is, or NULL */
    const char *ours;     /* NULL: we have nothing to compare */
};

/* The domain of "user@example.com", "@example.com" or "example.com". */
static const char *domain_part(const char *text)
{
    const char *at = text != NULL ? strrchr(text, '@') : NULL;
    return at != NULL ? at + 1 : text;
}

static const char *ours_of(const struct message_signature *s)
{
    if (s->verdict->result == MA_SIGNATURE_PASS && s->good == MESSAGE_NO)
        return "fail"; /* its time is over, or has not come */
    return s->good == MESSAGE_UNKNOWN ? NULL : ma_signature_result_name(s->verdict->result);
}

static void compare_dkim(const struct message *m, struct claim *c)
{
    const char *domain = ma_result_property(c->item, "header.d");
    const char *selector = ma_result_property(c->item, "header.s");
    if (domain == NULL)
        domain = domain_part(ma_result_property(c->item, "header.i"));
    c->identity = domain;
    for (size_t i = 0; domain != NULL && i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        if (strcasecmp(s->is->domain, domain) != 0 ||
            (selector != NULL && strcasecmp(s->is->selector, selector) != 0))
            continue;
        c->ours = ours_of(s);
        if (c->ours != NULL && strcmp(c->ours, c->item->result) == 0)
            return; /* of several signatures of one domain, the one that is meant */
    }
    if (domain == NULL && m->signature_count == 0)
        c->ours = "none";
}

static void compare_spf(const struct message *m, struct claim *c)
{
    c->identity = domain_part(ma_result_property(c->item, "smtp.mailfrom"));
    if (c->identity == NULL)
        c->identity = domain_part(ma_result_property(c->item, "smtp.helo"));
    if (m->spf != NULL && c->identity != NULL && strcasecmp(c->identity, m->spf->domain) == 0 &&
        m->spf_passes != MESSAGE_UNKNOWN)
        c->ours = ma_spf_result_name(m->spf->result);
}

static void compare_dmarc(const struct message *m, struct claim *c)
{
    c->identity = domain_part(ma_result_property(c->item, "header.from"));
    if (m->author == NULL || c->identity == NULL || strcasecmp(c->identity, m->author) != 0)
        return;
    for (int r = 0; r < MESSAGE_READINGS; r++) {
        if (m->dmarc[r].result == MESSAGE_RESULT_UNKNOWN)
            continue;
        c->ours = message_result_name(m->dmarc[r].result);
        if (strcmp(c->ours, c->item->result) == 0)
            return; /* of the two kinds of receivers, that one */
    }
}

static const struct {
    const char *method;
    void (*compare)(const struct message *, struct claim *);
} methods[] = {
    {"dkim", compare_dkim},
    {"dmarc", compare_dmarc},
    {"spf", compare_spf},
};

/* Words that mean the same: RFC 8601 says permerror, some write fail, neutral or policy. */
static bool is_same(const char *theirs, const char *ours)
{
    static const char *const bad[] = {"fail", "permerror", "neutral", "policy", "hardfail"};
    unsigned found = 0;
    if (strcmp(theirs, ours) == 0)
        return true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        found += (strcmp(theirs, bad[i]) == 0) + (strcmp(ours, bad[i]) == 0);
    return found == 2 || (strcmp(theirs, "bestguesspass") == 0 && strcmp(ours, "none") == 0);
}

static void put(struct message *m, const struct claim *c, bool known, bool same)
{
    struct ma_data *row = ma_append(m->result, "claims");
    ma_put_int(row, "line", (int64_t)c->by->field->line);
    ma_put(row, "server", c->by->server);
    ma_put_bool(row, "arc", c->by->arc);
    if (c->by->arc)
        ma_put_int(row, "instance", c->by->instance);
    ma_put(row, "method", c->item->method);
    ma_put(row, "result", c->item->result);
    ma_put(row, "identity", c->identity);
    ma_put(row, "ours", c->ours);
    if (known)
        ma_put_bool(row, "agrees", same);
}

static void look_at(struct message *m, const struct ma_results *by, const struct ma_result_item *i)
{
    struct claim c = {.by = by, .item = i};
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (strcmp(methods[k].method, i->method) == 0)
            methods[k].compare(m, &c);
    /* what could not be looked up then says nothing of the message */
    bool known = c.ours != NULL && strcmp(i->result, "temperror") != 0;
    bool same = known && is_same(i->result, c.ours);
    put(m, &c, known, same);
    if (!known || same || by->arc)
        return;
    ma_report_also(m->run, &message_rules[MESSAGE_RESULTS_DIFFER],
        ma_text(m->run, "%s (line %zu)", *by->server != '\0' ? by->server : "unnamed server",
            by->field->line),
        "it says %s=%s for %s; now it is %s", i->method, i->result,
        c.identity != NULL ? c.identity : "it", c.ours);
}

void message_report_results(struct message *m)
{
    for (size_t i = 0; i < m->facts->results.count; i++) {
        const struct ma_results *r = &m->facts->results.list[i];
        for (size_t k = 0; k < r->item_count; k++)
            look_at(m, r, &r->items[k]);
    }
}
