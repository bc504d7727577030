/* SPDX-License-Identifier: MIT */
/* seen.h - looking at what a run has observed, without asking for more. */
#ifndef MA_SEEN_H
#define MA_SEEN_H

#include "mailaudit/check.h"

/*
 * The answer to a question that this very run has asked with ma_dns(), or NULL: nothing is asked,
 * and what other checks saw does not count, so that the order of checks cannot matter. Takes no
 * memory of the run: it may be called from inside a foreign library.
 */
const struct ma_answer *ma_dns_seen(const struct ma_run *, enum ma_rrtype, const char *name);

#endif
