/* SPDX-License-Identifier: MIT */
/*
 * world.h - a small DNS in memory behind the functions of mailaudit/check.h, so that src/spf can be
 * driven by the million without engine, store and network. Linked instead of the program.
 */
#ifndef SPF_WORLD_H
#define SPF_WORLD_H

#include <mailaudit/check.h>

struct world;

struct world *world_new(void);
void world_free(struct world *); /* and all that runs on it were handed */

/*
 * One line: "NAME TYPE RDATA". TYPE is A, AAAA, MX, PTR, CNAME or TXT; a TXT's RDATA is the joined
 * text, with \DDD for odd bytes; repeated lines make an RRset. "NAME TYPE !timeout" fails that
 * question ("!": see ma_failure_name; "!pending" never answers), "NAME * !timeout" every one of
 * that name. Every other name does not exist. False: not understood.
 */
bool world_add(struct world *, const char *line);

/* Memory of the last run goes; questions are counted from 0 again. */
struct ma_run *world_run(struct world *);
unsigned world_questions(const struct world *);

#endif
