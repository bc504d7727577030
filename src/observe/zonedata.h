/* SPDX-License-Identifier: MIT */
/*
 * zonedata.h - zones in memory: the names of each as a server sees them (RFC 4592 2.2, RFC 8499),
 * every name between a record's owner and the apex included.
 */
#ifndef MA_ZONEDATA_H
#define MA_ZONEDATA_H

#include "../arena.h"
#include "nametable.h"
#include "zonefile.h"

#include <ldns/ldns.h>
#include <stdio.h>

/* Caps; exceeding one is an error that names it. */
#define MA_ZONES_MAX      10000u                /* zones of one command line */
#define MA_ZONE_RRSET_MAX 4096u                 /* records of one RRset: no message holds more */
#define MA_ZONE_BYTES_MAX (1024u * 1024 * 1024) /* of the index of one zone */

struct ma_rrset {
    struct ma_rrset *next; /* of the same name */
    ldns_rr_type type;
    ldns_rr **rrs; /* each once */
    size_t count, room;
};

struct ma_node {
    struct ma_named named;   /* of the table */
    ldns_rdf owner;          /* shared by all records here */
    struct ma_rrset *rrsets; /* NULL: an empty non-terminal */
};

struct ma_zone {
    struct ma_named named; /* by apex */
    struct ma_arena arena;
    struct ma_nametable nodes;
    const struct ma_node *apex;
    uint32_t negative_ttl_secs; /* least of the SOA's TTL and minimum, RFC 2308 3 */
    struct ma_zonefile file;    /* owns the records */
};

/*
 * Loads a zone; origin as a wire name, or NULL. What a server would refuse to load is told to err
 * as "FILE:LINE: what"; NULL then.
 */
struct ma_zone *ma_zone_load(const char *path, const uint8_t *origin, FILE *err);
void ma_zone_free(struct ma_zone *); /* NULL is allowed */

const struct ma_node *ma_zone_node(const struct ma_zone *, const uint8_t *name, size_t size);
const struct ma_rrset *ma_node_rrset(const struct ma_node *, ldns_rr_type); /* or NULL */

#endif
