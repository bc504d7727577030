/* SPDX-License-Identifier: MIT */
/* Who is looked up: addresses and names, each once, asked for where they are not given. */
#include "dnsbl_report.h"

#include "org_domain.h"

#include <string.h>

#define EXCHANGERS_MAX 16
#define NAMES_MAX      32 /* from PTR records, of all senders together */
#define ADDRESSES_MAX  (MA_SENDERS_MAX + 64)
#define SUBJECTS_MAX   (ADDRESSES_MAX + NAMES_MAX + 3) /* domain, its org domain, HELO */

struct collector {
    struct dnsbl_view *view;
    struct dnsbl_subject *list; /* SUBJECTS_MAX */
    size_t count;
};

unsigned dnsbl_scope_parse(const char *words)
{
    static const struct {
        const char *word;
        unsigned bit;
    } known[] = {
        {"senders", DNSBL_SCOPE_SENDERS}, {"mx", DNSBL_SCOPE_MX}, {"names", DNSBL_SCOPE_NAMES}};
    unsigned scope = 0;
    for (;;) {
        size_t size = strcspn(words, ",");
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strlen(known[i].word) == size && memcmp(known[i].word, words, size) == 0)
                bit = known[i].bit;
        if (bit == 0)
            return 0;
        scope |= bit;
        if (words[size] == '\0')
            return scope;
        words += size + 1;
    }
}

static void add(struct collector *c, const char *text, const char *label, enum dnsbl_kind kind)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->list[i].text, text) == 0)
            return;
    if (c->count < SUBJECTS_MAX)
        c->list[c->count++] = (struct dnsbl_subject){.text = text, .label = label, .kind = kind};
}

static void add_address(struct collector *c, const struct ma_address *a, const char *text)
{
    if (c->count < ADDRESSES_MAX)
        add(c, text, ma_address_reversed(c->view->run, a), a->family == 6 ? DNSBL_IP6 : DNSBL_IP4);
}

static void add_name(struct collector *c, const char *name)
{
    add(c, name, name, DNSBL_DOMAIN);
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* The senders' addresses count unless they are only guessed from the MX of a domain that does not
   send. */
static bool wants_senders(struct ma_run *run, const struct ma_senders *senders)
{
    if (!senders->from_mx || senders->count == 0)
        return senders->count > 0;
    enum ma_role role = ma_role(run);
    return role != MA_RECEIVES_ONLY && role != MA_PARKED;
}

static void add_host(struct collector *c, const char *host)
{
    struct ma_run *run = c->view->run;
    const struct ma_answer *both[] = {
        ma_dns(run, MA_A, "%s", host), ma_dns(run, MA_AAAA, "%s", host)};
    for (size_t k = 0; k < 2; k++) {
        if (both[k]->status == MA_FAILED && c->view->failed_address == NULL)
            c->view->failed_address = both[k];
        for (size_t i = 0; i < both[k]->rr_count; i++) {
            const struct ma_address *a = &both[k]->rrs[i].address;
            add_address(c, a, ma_address_text(run, a));
        }
    }
}

/* The hosts of the MX RRset; without one, the domain itself (RFC 5321 5.1). */
static void add_exchangers(struct collector *c)
{
    struct ma_run *run = c->view->run;
    const char *domain = ma_target(run)->domain;
    const struct ma_answer *mx = ma_dns(run, MA_MX, "%s", domain);
    if (mx->status == MA_FAILED)
        c->view->failed_address = mx;
    if (mx->status == MA_NODATA)
        add_host(c, domain);
    for (size_t i = 0; i < mx->rr_count && i < EXCHANGERS_MAX; i++)
        if (ma_is_hostname(mx->rrs[i].mx.exchange))
            add_host(c, mx->rrs[i].mx.exchange);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void add_reverse_names(struct collector *c, const struct ma_senders *senders)
{
    struct ma_run *run = c->view->run;
    size_t most = c->count + NAMES_MAX;
    for (size_t i = 0; i < senders->count; i++) {
        const struct ma_address *a = &senders->list[i].address;
        const struct ma_answer *ptr = ma_dns(run, MA_PTR, "%s.%s", ma_address_reversed(run, a),
            a->family == 6 ? "ip6.arpa" : "in-addr.arpa");
        if (ptr->status == MA_FAILED && c->view->failed_name == NULL)
            c->view->failed_name = ptr;
        for (size_t k = 0; k < ptr->rr_count && c->count < most; k++)
            if (ma_is_hostname(ptr->rrs[k].name))
                add_name(c, ptr->rrs[k].name);
    }
}

static bool is_address(const char *text)
{
    struct ma_address ignored;
    return ma_address_parse(&ignored, text);
}

static void add_names(struct collector *c)
{
    const struct ma_target *target = ma_target(c->view->run);
    if (strcmp(target->domain, ".") == 0)
        return;
    const char *org = ma_org_domain(c->view->setup->suffixes, target->domain);
    add_name(c, target->domain);
    if (org != NULL)
        add_name(c, org);
    if (target->helo != NULL && ma_is_hostname(target->helo) && !is_address(target->helo))
        add_name(c, target->helo);
}

/* ---- all of them ----------------------------------------------------------------------------- */

void dnsbl_collect(struct dnsbl_view *v)
{
    struct collector c = {.view = v};
    unsigned scope = v->setup->scope;
    c.list = ma_alloc(v->run, SUBJECTS_MAX * sizeof *c.list);
    /* the addresses come first, then the names: the order of the report */
    const struct ma_senders *senders =
        scope & (DNSBL_SCOPE_SENDERS | DNSBL_SCOPE_NAMES) ? ma_senders(v->run) : NULL;
    bool sends = senders != NULL && wants_senders(v->run, senders);
    for (size_t i = 0; sends && (scope & DNSBL_SCOPE_SENDERS) != 0 && i < senders->count; i++)
        add_address(&c, &senders->list[i].address, senders->list[i].text);
    if ((scope & DNSBL_SCOPE_MX) != 0)
        add_exchangers(&c);
    if ((scope & DNSBL_SCOPE_NAMES) != 0)
        add_names(&c);
    if ((scope & DNSBL_SCOPE_NAMES) != 0 && sends && v->setup->any_domain_list)
        add_reverse_names(&c, senders);
    if ((scope & DNSBL_SCOPE_TESTS) != 0)
        add_name(&c, "");
    v->subjects = c.list;
    v->subject_count = c.count;
}
