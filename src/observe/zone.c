/* SPDX-License-Identifier: MIT */
/*
 * zone.c - answers as the authoritative server would give after loading the zones: RFC 1034 4.3.2
 * with wildcards as RFC 4592 clarifies them and DNAME as RFC 6672 has it.
 */
#include "sources.h"
#include "zonedata.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_CHUNK_BYTES 4096u
#define SCRATCH_BYTES_MAX   (16u * 1024 * 1024) /* of one answer while it is put together */

struct ma_zones {
    struct ma_nametable table;
    struct ma_zone *list[MA_ZONES_MAX];
    size_t count;
};

/* ---- the zones ------------------------------------------------------------------------------- */

struct ma_zones *ma_zones_new(void)
{
    return calloc(1, sizeof(struct ma_zones));
}

void ma_zones_free(struct ma_zones *zs)
{
    if (zs == NULL)
        return;
    for (size_t i = 0; i < zs->count; i++)
        ma_zone_free(zs->list[i]);
    ma_nametable_clear(&zs->table);
    free(zs);
}

/* Splits [ORIGIN=]FILE. What stands before the first '=' and cannot be a name is part of FILE. */
static const char *split_spec(
    const char *spec, uint8_t origin[static MA_NAME_WIRE_MAX], bool *has_r)
{
    char text[MA_NAME_TEXT_MAX];
    const char *equals = strchr(spec, '=');
    *has_r = false;
    if (equals == NULL || equals == spec || (size_t)(equals - spec) >= sizeof text)
        return spec;
    memcpy(text, spec, (size_t)(equals - spec));
    text[equals - spec] = '\0';
    *has_r = ma_name_to_wire(origin, text) > 0;
    return *has_r ? equals + 1 : spec;
}

bool ma_zones_add(struct ma_zones *zs, const char *spec, FILE *err)
{
    uint8_t origin[MA_NAME_WIRE_MAX];
    bool has_origin;
    const char *path = split_spec(spec, origin, &has_origin);
    if (zs->count >= MA_ZONES_MAX) {
        fprintf(err, "%s: more than %u zones\n", path, MA_ZONES_MAX);
        return false;
    }
    struct ma_zone *z = ma_zone_load(path, has_origin ? origin : NULL, err);
    if (z == NULL)
        return false;
    const struct ma_zone *other =
        (const struct ma_zone *)ma_nametable_find(&zs->table, z->named.name, z->named.size);
    if (other != NULL) {
        char text[MA_NAME_TEXT_MAX];
        ma_name_to_text(text, z->named.name);
        fprintf(err, "%s: zone %s was given already: %s\n", path, text, other->file.path);
    }
    if (other != NULL || !ma_nametable_add(&zs->table, &z->named)) {
        ma_zone_free(z);
        return false;
    }
    zs->list[zs->count++] = z;
    return true;
}

/*
 * The zone with the longest origin that the name is in. A DS RRset stands in the zone above the
 * one that it is for (RFC 4035 2.4).
 */
static const struct ma_zone *find_zone(
    const struct ma_zones *zs, const uint8_t *name, size_t size, uint16_t type)
{
    if (type == LDNS_RR_TYPE_DS && size > 1) {
        size -= 1u + *name;
        name += 1u + *name;
    }
    for (;;) {
        const struct ma_named *z = ma_nametable_find(&zs->table, name, size);
        if (z != NULL || size <= 1)
            return (const struct ma_zone *)z;
        size -= 1u + *name;
        name += 1u + *name;
    }
}

/* ---- one name in one zone -------------------------------------------------------------------- */

enum outcome {
    ELSEWHERE, /* below a zone cut: not this zone's to answer */
    RRSET,
    ALIAS,   /* CNAME */
    SUBTREE, /* DNAME above the name */
    NODATA,
    NXDOMAIN
};

struct match {
    enum outcome outcome;
    const struct ma_rrset *rrset; /* RRSET, ALIAS, SUBTREE */
    bool wildcard;                /* the records' owner becomes the name asked for */
    size_t dname_labels;          /* SUBTREE: bytes of the name left of the DNAME's owner */
};

/* What a node has for the type. */
static struct match match_node(const struct ma_node *n, uint16_t type, bool wildcard)
{
    struct match m = {.outcome = RRSET, .wildcard = wildcard};
    m.rrset = ma_node_rrset(n, (ldns_rr_type)type);
    if (m.rrset != NULL)
        return m;
    m.outcome = ALIAS;
    m.rrset = ma_node_rrset(n, LDNS_RR_TYPE_CNAME);
    if (m.rrset == NULL)
        m.outcome = NODATA;
    return m;
}

/* The source of synthesis at the closest encloser, RFC 4592 3.3.1. */
static struct match match_wildcard(
    const struct ma_zone *z, const struct ma_node *encloser, uint16_t type)
{
    uint8_t name[MA_NAME_WIRE_MAX + 2] = {1, '*'};
    memcpy(name + 2, encloser->named.name, encloser->named.size);
    const struct ma_node *n = ma_zone_node(z, name, 2u + encloser->named.size);
    return n != NULL ? match_node(n, type, true) : (struct match){.outcome = NXDOMAIN};
}

/* Where each suffix of a name starts, the whole name first. Returns their number. */
static unsigned split_labels(const uint8_t *name, uint8_t starts[static MA_NAME_WIRE_MAX / 2 + 1])
{
    unsigned count = 0, at = 0;
    for (; name[at] != 0; at += 1u + name[at])
        starts[count++] = (uint8_t)at;
    starts[count++] = (uint8_t)at;
    return count;
}

/* Walks down from the apex to the name (RFC 1034 4.3.2 step 3). */
static struct match find(const struct ma_zone *z, const uint8_t *name, size_t size, uint16_t type)
{
    uint8_t starts[MA_NAME_WIRE_MAX / 2 + 1];
    unsigned i = split_labels(name, starts);
    const struct ma_node *n = z->apex;
    do
        i--;
    while (i > 0 && starts[i] != size - z->named.size);
    for (;;) {
        const struct ma_rrset *dname = ma_node_rrset(n, LDNS_RR_TYPE_DNAME);
        bool exact = i == 0, cut = n != z->apex && ma_node_rrset(n, LDNS_RR_TYPE_NS) != NULL;
        if (cut && !(exact && type == LDNS_RR_TYPE_DS))
            return (struct match){.outcome = ELSEWHERE};
        if (exact)
            return match_node(n, type, false);
        if (dname != NULL)
            return (struct match){.outcome = SUBTREE, .rrset = dname, .dname_labels = starts[i]};
        const struct ma_node *child = ma_zone_node(z, name + starts[i - 1], size - starts[i - 1]);
        if (child == NULL)
            return match_wildcard(z, n, type);
        n = child;
        i--;
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* An answer while it is put together. */
struct building {
    const struct ma_zones *zones;
    struct ma_arena arena;
    struct ma_reply reply;
    ldns_rr **rrs;
    size_t room;
    unsigned aliases;
    uint8_t *name; /* where the aliases have led to */
    size_t name_size;
    uint16_t type;
};

static bool fail(struct building *b, enum ma_failure failure, const char *detail)
{
    b->reply = (struct ma_reply){.status = MA_FAILED, .failure = failure, .detail = detail};
    return false;
}

static bool push(struct building *b, ldns_rr *rr)
{
    ldns_rr **rrs = ma_arena_grow(&b->arena, b->rrs, b->reply.rr_count, &b->room, sizeof *rrs);
    if (rrs == NULL || rr == NULL)
        return fail(b, MA_FAIL_TOO_LARGE, "no memory left for this answer");
    b->rrs = rrs;
    b->rrs[b->reply.rr_count++] = rr;
    b->reply.rrs = b->rrs;
    return true;
}

/* A record as the zone has it, or with the name asked for as its owner. It borrows the rdata. */
static ldns_rr *own(struct building *b, ldns_rr *rr, bool wildcard)
{
    if (!wildcard)
        return rr;
    ldns_rr *copy = ma_arena_alloc(&b->arena, sizeof *copy);
    ldns_rdf *owner = ma_arena_alloc(&b->arena, sizeof *owner);
    if (copy == NULL || owner == NULL)
        return NULL;
    *owner = (ldns_rdf){b->name_size, LDNS_RDF_TYPE_DNAME, b->name};
    *copy = *rr;
    copy->_owner = owner;
    return copy;
}

static bool push_rrset(struct building *b, const struct match *m)
{
    for (size_t i = 0; i < m->rrset->count; i++) {
        if (!push(b, own(b, m->rrset->rrs[i], m->wildcard)))
            return false;
    }
    return true;
}

static bool move_to(struct building *b, const uint8_t *name, size_t size)
{
    if (++b->aliases > MA_CNAME_MAX)
        return fail(b, MA_FAIL_CNAME_LOOP, NULL);
    b->name = (uint8_t *)ma_arena_copy(&b->arena, name, size);
    b->name_size = size;
    return b->name != NULL || fail(b, MA_FAIL_TOO_LARGE, "no memory left for this answer");
}

static bool follow_alias(struct building *b, const struct match *m)
{
    const ldns_rdf *target = ldns_rr_rdf(m->rrset->rrs[0], 0);
    return push_rrset(b, m) && move_to(b, ldns_rdf_data(target), ldns_rdf_size(target));
}

/* The CNAME that a DNAME stands for, with its TTL (RFC 6672 3.1). */
static ldns_rr *synthesize(struct building *b, const ldns_rr *dname, const uint8_t *to, size_t size)
{
    ldns_rr *rr = ma_arena_alloc(&b->arena, sizeof *rr);
    ldns_rdf *parts = ma_arena_alloc(&b->arena, 2 * sizeof *parts);
    ldns_rdf **rdata = ma_arena_alloc(&b->arena, sizeof *rdata);
    uint8_t *target = (uint8_t *)ma_arena_copy(&b->arena, to, size);
    if (rr == NULL || parts == NULL || rdata == NULL || target == NULL)
        return NULL;
    parts[0] = (ldns_rdf){b->name_size, LDNS_RDF_TYPE_DNAME, b->name};
    parts[1] = (ldns_rdf){size, LDNS_RDF_TYPE_DNAME, target};
    rdata[0] = &parts[1];
    *rr = *dname;
    rr->_owner = &parts[0];
    rr->_rr_type = LDNS_RR_TYPE_CNAME;
    rr->_rdata_fields = rdata;
    rr->_rd_count = 1;
    return rr;
}

static bool follow_dname(struct building *b, const struct match *m)
{
    ldns_rr *dname = m->rrset->rrs[0];
    const ldns_rdf *target = ldns_rr_rdf(dname, 0);
    uint8_t to[MA_NAME_WIRE_MAX];
    size_t size = m->dname_labels + ldns_rdf_size(target);
    if (size > sizeof to) /* RFC 6672 2.2: YXDOMAIN */
        return fail(b, MA_FAIL_RCODE, "rcode 6");
    memcpy(to, b->name, m->dname_labels);
    memcpy(to + m->dname_labels, ldns_rdf_data(target), ldns_rdf_size(target));
    if (!push(b, dname) || !push(b, synthesize(b, dname, to, size)))
        return false;
    return b->type != LDNS_RR_TYPE_CNAME && move_to(b, to, size);
}

/* True: the aliases lead on to b->name. */
static bool step(struct building *b)
{
    const struct ma_zone *z = find_zone(b->zones, b->name, b->name_size, b->type);
    struct match m = {.outcome = ELSEWHERE};
    if (z != NULL)
        m = find(z, b->name, b->name_size, b->type);
    switch (m.outcome) {
    case RRSET:
        b->reply.status = MA_OK;
        push_rrset(b, &m);
        return false;
    case ALIAS:
        return follow_alias(b, &m);
    case SUBTREE:
        return follow_dname(b, &m);
    case ELSEWHERE:
        b->reply.status = MA_OK;
        b->reply.chase = true;
        return false;
    case NODATA:
    case NXDOMAIN:
        b->reply.status = m.outcome == NODATA ? MA_NODATA : MA_NXDOMAIN;
        b->reply.negative_ttl_secs = z->negative_ttl_secs;
        return false;
    }
    return false;
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    const struct ma_question *q = ma_entry_question(entry);
    uint8_t name[MA_NAME_WIRE_MAX];
    struct building b = {.zones = state, .name = name, .name_size = q->name_size, .type = q->type};
    if (q->server.family != 0) /* that server itself is to be asked */
        return false;
    if (q->type >= LDNS_RR_TYPE_IXFR && q->type <= LDNS_RR_TYPE_ANY) {
        ma_store_fail(store, entry, MA_FAIL_RCODE, "rcode 4 (NOTIMP)");
        return true;
    }
    memcpy(name, q->name, q->name_size);
    ma_arena_init(&b.arena, SCRATCH_CHUNK_BYTES, SCRATCH_BYTES_MAX);
    while (step(&b))
        ;
    bool taken = !(b.reply.chase && b.aliases == 0);
    if (taken)
        ma_store_settle(store, entry, &b.reply);
    ma_arena_clear(&b.arena);
    return taken;
}

static void close_zones(void *state)
{
    ma_zones_free(state);
}

void ma_zones_open(struct ma_source *source, struct ma_zones *zs)
{
    *source = (struct ma_source){"zone file", ask, close_zones, zs};
}
