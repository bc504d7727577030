/* SPDX-License-Identifier: MIT */
#include "zonedata.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_BYTES 16384u

const struct ma_node *ma_zone_node(const struct ma_zone *z, const uint8_t *name, size_t size)
{
    return (const struct ma_node *)ma_nametable_find(&z->nodes, name, size);
}

const struct ma_rrset *ma_node_rrset(const struct ma_node *n, ldns_rr_type type)
{
    const struct ma_rrset *s = n->rrsets;
    while (s != NULL && s->type != type)
        s = s->next;
    return s;
}

/* What is being loaded, and which record of it. */
struct loading {
    struct ma_zone *zone;
    const struct ma_zone_record *record;
    FILE *err;
};

static bool complain(const struct loading *l, const char *what)
{
    char owner[MA_NAME_TEXT_MAX];
    ma_name_to_text(owner, ldns_rdf_data(ldns_rr_owner(l->record->rr)));
    fprintf(l->err, "%s:%u: %s: %s\n", l->zone->file.path, l->record->line, owner, what);
    return false;
}

static bool no_memory(const struct loading *l)
{
    return complain(l, "no memory left for this zone");
}

/* ---- names ----------------------------------------------------------------------------------- */

/* A node of a name that is not there yet. The bytes of the name stay where they are. */
static struct ma_node *new_node(struct ma_zone *z, const uint8_t *name)
{
    struct ma_node *n = ma_arena_alloc(&z->arena, sizeof *n);
    size_t size = ma_name_wire_size(name, MA_NAME_WIRE_MAX);
    if (n == NULL)
        return NULL;
    n->named.name = name;
    n->named.size = (uint8_t)size;
    n->owner = (ldns_rdf){size, LDNS_RDF_TYPE_DNAME, NULL};
    /* ldns wants it writable; nobody writes */
    memcpy(&n->owner._data, &name, sizeof name);
    return ma_nametable_add(&z->nodes, &n->named) ? n : NULL;
}

/* The node of a name in the zone, made with all that are missing between it and the apex. */
static struct ma_node *make_node(struct ma_zone *z, const uint8_t *name)
{
    size_t size = ma_name_wire_size(name, MA_NAME_WIRE_MAX), apex_size = z->named.size;
    struct ma_node *n = (struct ma_node *)ma_nametable_find(&z->nodes, name, size);
    if (n != NULL)
        return n;
    const uint8_t *kept = (const uint8_t *)ma_arena_copy(&z->arena, name, size);
    n = kept != NULL ? new_node(z, kept) : NULL;
    while (n != NULL && size > apex_size) {
        size -= 1u + *kept;
        kept += 1u + *kept;
        if (size < apex_size || ma_nametable_find(&z->nodes, kept, size) != NULL)
            break;
        if (new_node(z, kept) == NULL)
            return NULL;
    }
    return n;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Order of rdata, for finding equal ones. Names are in lower case already. */
static int compare_rdata(const ldns_rr *a, const ldns_rr *b)
{
    size_t n = ldns_rr_rd_count(a), m = ldns_rr_rd_count(b);
    if (n != m)
        return n < m ? -1 : 1;
    for (size_t i = 0; i < n; i++) {
        const ldns_rdf *x = ldns_rr_rdf(a, i), *y = ldns_rr_rdf(b, i);
        if (ldns_rdf_size(x) != ldns_rdf_size(y))
            return ldns_rdf_size(x) < ldns_rdf_size(y) ? -1 : 1;
        int order = memcmp(ldns_rdf_data(x), ldns_rdf_data(y), ldns_rdf_size(x));
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_rdata(const void *a, const void *b)
{
    return compare_rdata(*(ldns_rr *const *)a, *(ldns_rr *const *)b);
}

/* May stand beside a CNAME (RFC 4034 4, RFC 2535 4.1). */
static bool is_signing(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_KEY;
}

/* What forbids the record at this name, or NULL (RFC 1034 3.6.2, RFC 6672 2.4, RFC 1035 5.2). */
static const char *conflict(const struct ma_node *n, const ldns_rr *rr)
{
    ldns_rr_type type = ldns_rr_get_type(rr);
    const struct ma_rrset *same = ma_node_rrset(n, type);
    bool differs = same != NULL && compare_rdata(same->rrs[0], rr) != 0;
    if (differs && type == LDNS_RR_TYPE_SOA)
        return "a second SOA record";
    if (differs && type == LDNS_RR_TYPE_CNAME)
        return "a second CNAME record: a name can be an alias of one name only";
    if (differs && type == LDNS_RR_TYPE_DNAME)
        return "a second DNAME record";
    for (const struct ma_rrset *s = n->rrsets; s != NULL; s = s->next) {
        bool cname = s->type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_CNAME;
        if (s->type != type && cname && !is_signing(s->type) && !is_signing(type))
            return "a CNAME record and other records: an alias can have no records of its own";
    }
    return NULL;
}

static struct ma_rrset *make_rrset(struct ma_zone *z, struct ma_node *n, ldns_rr_type type)
{
    struct ma_rrset *s = n->rrsets;
    while (s != NULL && s->type != type)
        s = s->next;
    if (s != NULL || (s = ma_arena_alloc(&z->arena, sizeof *s)) == NULL)
        return s;
    *s = (struct ma_rrset){.next = n->rrsets, .type = type};
    n->rrsets = s;
    return s;
}

static bool attach(const struct loading *l, struct ma_node *n, ldns_rr *rr)
{
    struct ma_rrset *s = make_rrset(l->zone, n, ldns_rr_get_type(rr));
    if (s == NULL)
        return no_memory(l);
    if (s->count >= MA_ZONE_RRSET_MAX)
        return complain(l, "more than 4,096 records of one type at one name");
    ldns_rr **rrs = ma_arena_grow(&l->zone->arena, s->rrs, s->count, &s->room, sizeof *rrs);
    if (rrs == NULL)
        return no_memory(l);
    s->rrs = rrs;
    s->rrs[s->count++] = rr;
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, &n->owner);
    return true;
}

/* NSEC3 records and their signatures stand at names that do not exist (RFC 5155 7.2.8). */
static bool is_nsec3(const ldns_rr *rr)
{
    ldns_rr_type type = ldns_rr_get_type(rr);
    return type == LDNS_RR_TYPE_NSEC3 ||
           (type == LDNS_RR_TYPE_RRSIG &&
               ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == LDNS_RR_TYPE_NSEC3);
}

static bool index_record(struct loading *l, struct ma_zone_record *r)
{
    const uint8_t *owner = ldns_rdf_data(ldns_rr_owner(r->rr));
    l->record = r;
    if (!ma_name_is_below(owner, l->zone->named.name))
        return complain(l, "a record outside the zone");
    if (is_nsec3(r->rr)) {
        ldns_rr_free(r->rr);
        r->rr = NULL;
        return true;
    }
    struct ma_node *n = make_node(l->zone, owner);
    if (n == NULL)
        return no_memory(l);
    if (ldns_rr_get_type(r->rr) == LDNS_RR_TYPE_SOA && n != l->zone->apex)
        return complain(l, "a second SOA record");
    const char *why = conflict(n, r->rr);
    return why != NULL ? complain(l, why) : attach(l, n, r->rr);
}

/* ---- the zone -------------------------------------------------------------------------------- */

static const struct ma_zone_record *find_soa(const struct ma_zonefile *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (ldns_rr_get_type(f->records[i].rr) == LDNS_RR_TYPE_SOA)
            return &f->records[i];
    }
    return NULL;
}

static bool set_apex(struct loading *l, const uint8_t *origin)
{
    struct ma_zone *z = l->zone;
    l->record = find_soa(&z->file);
    if (l->record == NULL) {
        fprintf(l->err, "%s: no SOA record: not a whole zone\n", z->file.path);
        return false;
    }
    const ldns_rdf *owner = ldns_rr_owner(l->record->rr);
    if (origin != NULL && (ma_name_wire_size(origin, MA_NAME_WIRE_MAX) != ldns_rdf_size(owner) ||
                              memcmp(origin, ldns_rdf_data(owner), ldns_rdf_size(owner)) != 0))
        return complain(l, "the SOA record stands at another name than the origin given");
    z->named.size = (uint8_t)ldns_rdf_size(owner);
    z->named.name =
        (const uint8_t *)ma_arena_copy(&z->arena, ldns_rdf_data(owner), ldns_rdf_size(owner));
    z->apex = z->named.name != NULL ? make_node(z, z->named.name) : NULL;
    uint32_t minimum = ldns_rdf2native_int32(ldns_rr_rdf(l->record->rr, 6));
    uint32_t ttl = ldns_rr_ttl(l->record->rr);
    z->negative_ttl_secs = ttl < minimum ? ttl : minimum;
    return z->apex != NULL || no_memory(l);
}

/* RFC 2136 1.1.5: a zone holds a record once, however often its file says it. */
static void drop_duplicates(struct ma_rrset *s)
{
    size_t kept = 1;
    if (s->count < 2)
        return;
    qsort(s->rrs, s->count, sizeof s->rrs[0], by_rdata);
    for (size_t i = 1; i < s->count; i++) {
        if (compare_rdata(s->rrs[kept - 1], s->rrs[i]) != 0)
            s->rrs[kept++] = s->rrs[i];
    }
    s->count = kept;
}

/* RFC 6672 2.4: nothing may exist below a DNAME. Reports the record that does. */
static bool check_dnames(struct loading *l)
{
    const struct ma_zone *z = l->zone;
    for (size_t i = 0; i < z->file.count; i++) {
        if (z->file.records[i].rr == NULL)
            continue;
        l->record = &z->file.records[i];
        const ldns_rdf *owner = ldns_rr_owner(l->record->rr);
        const uint8_t *name = ldns_rdf_data(owner);
        for (size_t size = ldns_rdf_size(owner); size > z->named.size;) {
            size -= 1u + *name;
            name += 1u + *name;
            const struct ma_node *n = ma_zone_node(z, name, size);
            if (n != NULL && ma_node_rrset(n, LDNS_RR_TYPE_DNAME) != NULL)
                return complain(l, "a record below a DNAME record");
        }
    }
    return true;
}

static bool index_zone(struct loading *l, const uint8_t *origin)
{
    struct ma_zone *z = l->zone;
    bool dnames = false;
    if (!set_apex(l, origin))
        return false;
    for (size_t i = 0; i < z->file.count; i++) {
        dnames = dnames || ldns_rr_get_type(z->file.records[i].rr) == LDNS_RR_TYPE_DNAME;
        if (!index_record(l, &z->file.records[i]))
            return false;
    }
    for (size_t i = 0; i < z->nodes.bucket_count; i++) {
        for (struct ma_named *n = z->nodes.buckets[i]; n != NULL; n = n->next) {
            for (struct ma_rrset *s = ((struct ma_node *)n)->rrsets; s != NULL; s = s->next)
                drop_duplicates(s);
        }
    }
    return !dnames || check_dnames(l);
}

struct ma_zone *ma_zone_load(const char *path, const uint8_t *origin, FILE *err)
{
    struct ma_zone *z = calloc(1, sizeof *z);
    struct loading l = {.zone = z, .err = err};
    if (z == NULL)
        return NULL;
    ma_arena_init(&z->arena, ARENA_CHUNK_BYTES, MA_ZONE_BYTES_MAX);
    if (ma_zonefile_read(&z->file, path, origin, err) && index_zone(&l, origin))
        return z;
    ma_zone_free(z);
    return NULL;
}

void ma_zone_free(struct ma_zone *z)
{
    if (z == NULL)
        return;
    for (size_t i = 0; i < z->file.count; i++) {
        ldns_rr *rr = z->file.records[i].rr;
        if (rr == NULL)
            continue;
        const ldns_rdf *owner = ldns_rr_owner(rr);
        const struct ma_node *n = ma_zone_node(z, ldns_rdf_data(owner), ldns_rdf_size(owner));
        if (n != NULL && owner == &n->owner)
            ldns_rr_set_owner(rr, NULL);
    }
    ma_zonefile_clear(&z->file);
    ma_nametable_clear(&z->nodes);
    ma_arena_clear(&z->arena);
    free(z);
}
