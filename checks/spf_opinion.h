/* SPDX-License-Identifier: MIT */
/*
 * spf_opinion.h - libspf2, asked what a receiver built on it decides (Exim, OpenDMARC, many
 * filters). Guarded: it answers from what the run has observed and asks nothing; hostile input
 * that it is known to stumble over is kept from it. Takes no memory of the run.
 */
#ifndef SPF_OPINION_H
#define SPF_OPINION_H

#include "spf/spf.h"

/* Longer records are not handed over. */
#define SPF_OPINION_RECORD_BYTES_MAX 3000
/* Its look-ups are counted anew in each include: a tree of six levels costs a million. */
#define SPF_OPINION_LOOKUPS_MAX 200
/* Senders and HELO names over this are not handed over. */
#define SPF_OPINION_NAME_BYTES_MAX 320

struct spf_opinion {
    bool comparable; /* false: it was not asked, or asked for what was not seen or failed */
    enum ma_spf_result result;
};

/* sender, helo and client are used; see ma_spf_values_of(). */
struct spf_opinion spf_opinion_of(const struct ma_run *, const struct ma_spf_values *);

/* Always passes there, whatever the record says: it is not even asked. */
bool spf_opinion_is_loopback(const struct ma_address *);

/* How many mechanisms (and redirects) libspf2 keeps of a record; -1 where it refuses the record,
   or is not asked. */
int spf_opinion_kept(const struct ma_spf_record *);

#endif
