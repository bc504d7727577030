/* SPDX-License-Identifier: MIT */
/*
 * dns_walk.c - the way of a resolver, taken by ourselves: from the nearest zone above the domain
 * that our resolver knows, by what its servers say when they are asked directly, down to the zone
 * that the domain lies in. The domain's own servers may be dead: so what is asked of the resolver
 * is only what lies outside of it.
 */
#include "dns_check.h"

#include <string.h>

#define LEVELS_MAX  20 /* names on the way from the domain to the root */
#define CUTS_MAX    4  /* zones below the one where we begin */
#define PARENTS_MAX 6  /* addresses of one zone's servers that are asked for a delegation */
#define START_MAX   4  /* servers of the zone where we begin whose addresses are looked up */

struct walk {
    struct dns *dns;
    struct ma_run *run;
    const char *names[LEVELS_MAX]; /* the domain, then each name above it, the root last */
    size_t levels;
    size_t level; /* of the zone that we stand in */
    struct ma_address parents[PARENTS_MAX];
    size_t parent_count;
    bool heard[2]; /* some server was heard over IPv4, IPv6 */
};

/* ---- names ----------------------------------------------------------------------------------- */

/* What is above a name in presentation format; "." above a top-level domain. */
static const char *above(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '\\' && name[1] != '\0')
            name++;
        else if (*name == '.' && name[1] != '\0')
            return name + 1;
    }
    return ".";
}

static void list_names(struct walk *w)
{
    const char *name = w->dns->domain;
    while (strcmp(name, ".") != 0 && w->levels < LEVELS_MAX - 1) {
        w->names[w->levels++] = name;
        name = above(name);
    }
    w->names[w->levels++] = ".";
}

/* ---- asking servers themselves --------------------------------------------------------------- */

static const struct ma_answer *ask(
    struct walk *w, const struct ma_address *server, enum ma_rrtype type, const char *name)
{
    struct ma_how how = {.server = server};
    const struct ma_answer *a = ma_dns_how(w->run, &how, type, "%s", name);
    if (dns_is_heard(a))
        w->heard[server->family == 6] = true;
    return a;
}

static bool is_rrset(const struct ma_answer *a)
{
    return a->status == MA_OK && a->chain_count == 0;
}

static void add_parent(struct walk *w, const struct ma_address *a)
{
    for (size_t i = 0; i < w->parent_count; i++)
        if (ma_address_equal(&w->parents[i], a))
            return;
    if (w->parent_count < PARENTS_MAX)
        w->parents[w->parent_count++] = *a;
}

/* ---- servers and their addresses ------------------------------------------------------------- */

static void add_addresses(struct dns_server *s, const struct ma_answer *a)
{
    for (size_t i = 0; i < a->rr_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < s->count && !seen; k++)
            seen = ma_address_equal(&s->asked[k].address, &a->rrs[i].address);
        if (seen)
            continue;
        if (s->count < DNS_ADDRESSES_MAX)
            s->asked[s->count++] = (struct dns_asked){.address = a->rrs[i].address};
        else
            s->left_out++;
    }
}

/* How the parent has it (glue), where the name lies in the zone itself: our resolver could only
   ask those that are in doubt. */
static void find_addresses(
    struct walk *w, const char *zone, struct dns_server *s, const struct ma_address *parent)
{
    bool glue = parent != NULL && ma_is_within(s->name, zone);
    const struct ma_answer *v4 =
        glue ? ask(w, parent, MA_A, s->name) : ma_dns(w->run, MA_A, "%s", s->name);
    const struct ma_answer *v6 =
        glue ? ask(w, parent, MA_AAAA, s->name) : ma_dns(w->run, MA_AAAA, "%s", s->name);
    add_addresses(s, v4);
    add_addresses(s, v6);
    s->failed = v4->status == MA_FAILED ? v4 : v6->status == MA_FAILED ? v6 : NULL;
}

static void set_zone(struct walk *w, struct dns_zone *z, size_t most, const struct ma_answer *ns,
    const struct ma_address *parent)
{
    *z = (struct dns_zone){.name = w->names[w->level]};
    for (size_t i = 0; i < ns->rr_count; i++) {
        if (z->count == most) {
            z->left_out++;
            continue;
        }
        z->servers[z->count].name = ns->rrs[i].name;
        find_addresses(w, z->name, &z->servers[z->count++], parent);
    }
}

/* ---- what a server is worth ------------------------------------------------------------------ */

static enum dns_state state_of(const struct walk *w, const struct dns_asked *a)
{
    switch (a->soa->failure) {
    case MA_FAIL_NONE:
        return a->soa->status == MA_OK && a->soa->chain_count == 0 ? DNS_GOOD : DNS_LAME;
    case MA_FAIL_REFUSED:
        return DNS_REFUSING;
    case MA_FAIL_SERVFAIL:
    case MA_FAIL_RCODE:
        return DNS_LAME;
    case MA_FAIL_TIMEOUT:
    case MA_FAIL_NETWORK:
        /* if nobody was heard over this family, it may be that we cannot ask at all */
        return w->heard[a->address.family == 6] ? DNS_SILENT : DNS_NOT_ASKED;
    default:
        return DNS_NOT_ASKED;
    }
}

/* Asks every server at every address; those that are good become the next parents. */
static void ask_servers(struct walk *w, struct dns_zone *z)
{
    w->parent_count = 0;
    for (size_t i = 0; i < z->count; i++)
        for (size_t k = 0; k < z->servers[i].count; k++) {
            struct dns_asked *a = &z->servers[i].asked[k];
            a->soa = ask(w, &a->address, MA_SOA, z->name);
        }
    for (size_t i = 0; i < z->count; i++)
        for (size_t k = 0; k < z->servers[i].count; k++) {
            struct dns_asked *a = &z->servers[i].asked[k];
            a->state = state_of(w, a);
            if (a->state == DNS_GOOD)
                add_parent(w, &a->address);
        }
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* The nearest name above the domain whose NS our resolver knows. */
static const struct ma_answer *find_start(struct walk *w, struct dns_zone *z)
{
    const struct ma_answer *found = NULL;
    for (size_t i = w->levels; i-- > 1;) {
        const struct ma_answer *ns = ma_dns(w->run, MA_NS, "%s", w->names[i]);
        if (is_rrset(ns)) {
            found = ns;
            w->level = i;
        } else if (ns->status == MA_FAILED) {
            z->failed = ns;
            z->unfound = ma_text(w->run, "NS of %s, asked of our resolver", w->names[i]);
        }
    }
    return found;
}

/* What the servers here say of one name; the first that has a delegation is taken. */
static const struct ma_answer *ask_parents(
    struct walk *w, const char *name, struct ma_address *parent_r)
{
    const struct ma_answer *cut = NULL, *absent = NULL, *failed = NULL;
    for (size_t k = 0; k < w->parent_count; k++) {
        const struct ma_answer *ns = ask(w, &w->parents[k], MA_NS, name);
        if (is_rrset(ns) && cut == NULL) {
            cut = ns;
            *parent_r = w->parents[k];
        }
        if (ns->status == MA_NODATA || ns->status == MA_NXDOMAIN)
            absent = ns;
        if (ns->status == MA_FAILED && (failed == NULL || dns_is_heard(ns)))
            failed = ns;
    }
    return cut != NULL ? cut : absent != NULL ? absent : failed;
}

/*
 * The next delegation on the way down, name by name: a server that has nothing below a delegation
 * answers there with that delegation, which says nothing of the names further down. NULL: there is
 * none, or none of the servers says, and then *failed_r is why.
 */
static const struct ma_answer *find_cut(
    struct walk *w, struct ma_address *parent_r, const struct ma_answer **failed_r)
{
    *failed_r = NULL;
    for (size_t i = w->level; i-- > 0;) {
        const struct ma_answer *ns = ask_parents(w, w->names[i], parent_r);
        if (ns == NULL || ns->status == MA_PENDING)
            return NULL;
        if (is_rrset(ns)) {
            w->level = i;
            return ns;
        }
        if (ns->status == MA_FAILED)
            *failed_r = ns;
        if (ns->status != MA_NODATA)
            return NULL;
    }
    return NULL;
}

static void use_servers_of(struct walk *w, const struct dns_zone *z)
{
    w->parent_count = 0;
    for (size_t i = 0; i < z->count; i++)
        for (size_t k = 0; k < z->servers[i].count; k++)
            add_parent(w, &z->servers[i].asked[k].address);
}

static void not_found(struct walk *w, struct dns_zone *z, const struct dns_zone *start,
    const struct ma_answer *failed)
{
    *z = (struct dns_zone){.failed = failed, .unfound = "its servers have no address"};
    if (failed != NULL)
        z->unfound =
            ma_text(w->run, "NS of %s, asked of the servers of %s", failed->name, start->name);
    for (size_t i = 0; i < start->count && z->failed == NULL; i++) {
        if (start->servers[i].failed == NULL)
            continue;
        z->failed = start->servers[i].failed;
        z->unfound = ma_text(w->run, "the address of %s", start->servers[i].name);
    }
}

/* Cut by cut, as long as good servers tell of another one. */
static void descend(
    struct walk *w, struct dns_zone *z, const struct ma_answer *ns, const struct ma_address *parent)
{
    struct ma_address next = *parent;
    const struct ma_answer *failed;
    for (size_t cuts = 0; cuts < CUTS_MAX && ns != NULL; cuts++) {
        struct ma_address here = next;
        set_zone(w, z, DNS_SERVERS_MAX, ns, &here);
        ask_servers(w, z);
        ns = find_cut(w, &next, &failed);
    }
}

void dns_walk(struct dns *d, struct dns_zone *z)
{
    struct walk w = {.dns = d, .run = d->run};
    struct dns_zone start;
    struct ma_address parent;
    const struct ma_answer *failed;
    *z = (struct dns_zone){.unfound = "no zone above it was found"};
    list_names(&w);
    const struct ma_answer *ns = find_start(&w, z);
    if (ns == NULL)
        return;
    set_zone(&w, &start, START_MAX, ns, NULL);
    use_servers_of(&w, &start);
    const struct ma_answer *cut = find_cut(&w, &parent, &failed);
    if (cut != NULL) {
        descend(&w, z, cut, &parent);
    } else if (w.parent_count == 0 || failed != NULL) {
        not_found(&w, z, &start, failed);
    } else { /* nothing is delegated: the domain lies in this zone itself */
        set_zone(&w, z, DNS_SERVERS_MAX, ns, NULL);
        ask_servers(&w, z);
    }
}
