/* SPDX-License-Identifier: MIT */
/*
 * line.h - a line of a batch's input as a target.
 *
 *   example.com                         a domain
 *   example.com,192.0.2.10,mail.b.net   CSV: the domain, then addresses or host names
 *   {"domain": "example.com", "addresses": ["192.0.2.10"], "label": "customer 17",
 *    "sender": ..., "helo": ..., "role": ..., "selectors": [...]}       NDJSON
 *
 * Empty lines, lines that begin with '#', and a first line whose first field is "domain" are no
 * targets.
 */
#ifndef MA_LINE_H
#define MA_LINE_H

#include "../spec.h"

/* Does the line say a target? first: it is the first of the input. */
bool ma_line_is_target(const char *line, size_t size, bool first);
/* Fills the spec, whose strings will live in the arena; says in err what is wrong. */
bool ma_line_read(struct ma_spec *, struct ma_arena *, const char *line, size_t size, FILE *err);
/* The domain as it is written there, for a shard and for worker affinity; *size_r in bytes. */
const char *ma_line_domain(const char *line, size_t size, size_t *size_r);

/* A key that lines of one provider share: the network of the first address that the line names. 0
   when it names none. */
uint64_t ma_line_network(const char *line, size_t size);

#endif
