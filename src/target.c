/* SPDX-License-Identifier: MIT */
/* target.c - what has to be asked to know the target: its role and the addresses it sends from. */
#include "address.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MA_HOSTS_MAX 64 /* MX hosts or host names followed to addresses */

static bool is_null_mx(const struct ma_answer *mx)
{
    return mx->rr_count == 1 && strcmp(mx->rrs[0].mx.exchange, ".") == 0;
}

/* "v=spf1 -all" and nothing else: no mail is sent (RFC 7208 10.1.2). */
static bool is_spf_none(const struct ma_rr *rr)
{
    static const char version[] = "v=spf1";
    const char *p = rr->txt.bytes;
    if (strlen(p) != rr->txt.size || strncasecmp(p, version, sizeof version - 1) != 0 ||
        p[sizeof version - 1] != ' ')
        return false;
    p += sizeof version - 1;
    p += strspn(p, " ");
    if (strncasecmp(p, "-all", 4) != 0)
        return false;
    return p[4 + strspn(p + 4, " ")] == '\0';
}

enum ma_role ma_role(struct ma_run *run)
{
    const struct ma_spec *spec = ma_run_spec(run);
    if (spec->role_given)
        return spec->role;
    const struct ma_answer *mx = ma_dns(run, MA_MX, "%s", spec->domain);
    const struct ma_answer *txt = ma_dns(run, MA_TXT, "%s", spec->domain);
    bool sends = true, receives = !is_null_mx(mx);
    for (size_t i = 0; i < txt->rr_count; i++)
        sends = sends && !is_spf_none(&txt->rrs[i]);
    if (!sends && mx->status == MA_NODATA)
        receives = false; /* the address of its web site is no sign that it takes mail */
    if (txt->status == MA_FAILED && !receives)
        sends = false; /* not known: nothing may be held against a domain that may be parked */
    if (receives)
        return sends ? MA_SENDS_AND_RECEIVES : MA_RECEIVES_ONLY;
    return sends ? MA_SENDS_ONLY : MA_PARKED;
}

const struct ma_answer *ma_role_failed(struct ma_run *run)
{
    const struct ma_spec *spec = ma_run_spec(run);
    if (spec->role_given)
        return NULL;
    const struct ma_answer *txt = ma_dns(run, MA_TXT, "%s", spec->domain);
    bool sends = ma_role(run) == MA_SENDS_AND_RECEIVES || ma_role(run) == MA_SENDS_ONLY;
    return txt->status == MA_FAILED && sends ? txt : NULL;
}

/* ---- sender addresses ---------------------------------------------------------------------- */

struct collector {
    struct ma_run *run;
    struct ma_senders *senders;
    struct ma_sender *list;
    size_t room;
    const struct ma_answer *v4[MA_HOSTS_MAX], *v6[MA_HOSTS_MAX];
    const char *hosts[MA_HOSTS_MAX];
    size_t host_count;
};

static void add_address(struct collector *c, const struct ma_address *a, const char *host)
{
    struct ma_senders *s = c->senders;
    for (size_t i = 0; i < s->count; i++)
        if (ma_address_equal(&c->list[i].address, a))
            return;
    if (s->count == MA_SENDERS_MAX) {
        s->left_out++;
        return;
    }
    c->list = ma_arena_grow(c->run->arena, c->list, s->count, &c->room, sizeof *c->list);
    c->list[s->count++] =
        (struct ma_sender){.address = *a, .text = ma_address_text(c->run, a), .host = host};
}

static void note_failure(struct collector *c, const struct ma_answer *a)
{
    if (a->status == MA_FAILED && c->senders->failed == NULL)
        c->senders->failed = a;
}

/* Both questions at once, the answers later. */
static void add_host(struct collector *c, const char *host)
{
    if (c->host_count == MA_HOSTS_MAX) {
        c->senders->left_out++;
        return;
    }
    c->hosts[c->host_count] = host;
    c->v4[c->host_count] = ma_dns(c->run, MA_A, "%s", host);
    c->v6[c->host_count] = ma_dns(c->run, MA_AAAA, "%s", host);
    c->host_count++;
}

static void add_host_addresses(struct collector *c)
{
    for (size_t i = 0; i < c->host_count; i++) {
        const struct ma_answer *both[] = {c->v4[i], c->v6[i]};
        for (size_t k = 0; k < 2; k++) {
            note_failure(c, both[k]);
            for (size_t n = 0; n < both[k]->rr_count; n++)
                add_address(c, &both[k]->rrs[n].address, c->hosts[i]);
        }
    }
}

/* A null MX, localhost or an address where a name should be leads nowhere; check "mx" says so. */
static bool can_have_address(const char *exchange)
{
    struct ma_address address;
    return strcmp(exchange, ".") != 0 && exchange[0] != '[' &&
           !ma_is_within(exchange, "localhost") && !ma_address_parse(&address, exchange);
}

static void add_mx_hosts(struct collector *c, const char *domain)
{
    const struct ma_answer *mx = ma_dns(c->run, MA_MX, "%s", domain);
    note_failure(c, mx);
    if (mx->status == MA_NODATA)
        add_host(c, domain); /* the implicit MX, RFC 5321 5.1 */
    for (size_t i = 0; i < mx->rr_count; i++)
        if (can_have_address(mx->rrs[i].mx.exchange))
            add_host(c, mx->rrs[i].mx.exchange);
}

static void note_empty_hosts(struct collector *c)
{
    const char **empty = ma_alloc(c->run, (c->host_count + 1) * sizeof *empty);
    for (size_t i = 0; !c->senders->from_mx && i < c->host_count; i++)
        if (c->v4[i]->rr_count + c->v6[i]->rr_count == 0 && c->v4[i]->status != MA_FAILED &&
            c->v6[i]->status != MA_FAILED)
            empty[c->senders->empty_count++] = c->hosts[i];
    c->senders->empty_hosts = empty;
}

static int by_address(const void *a, const void *b)
{
    return ma_address_compare(
        &((const struct ma_sender *)a)->address, &((const struct ma_sender *)b)->address);
}

const struct ma_senders *ma_senders(struct ma_run *run)
{
    const struct ma_spec *spec = ma_run_spec(run);
    struct ma_senders *s = ma_alloc(run, sizeof *s);
    struct collector on_stack, *c = &on_stack; /* its arrays are filled up to host_count */
    c->run = run;
    c->senders = s;
    c->list = NULL;
    c->room = c->host_count = 0;
    s->from_mx = spec->address_count == 0;
    if (s->from_mx)
        add_mx_hosts(c, spec->domain);
    for (size_t i = 0; i < spec->address_count; i++) {
        struct ma_address a;
        if (ma_address_parse(&a, spec->addresses[i]))
            add_address(c, &a, NULL);
        else
            add_host(c, spec->addresses[i]);
    }
    add_host_addresses(c);
    note_empty_hosts(c);
    if (c->list != NULL && s->count > 1)
        qsort(c->list, s->count, sizeof *c->list, by_address);
    s->list = c->list;
    return s;
}
