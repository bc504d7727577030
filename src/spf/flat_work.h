/* SPDX-License-Identifier: MIT */
/* flat_work.h - inside the flattener: what the walk through a policy and the writing of the flat
   record share. Nothing here is kept beyond ma_spf_flatten() but what is in struct ma_spf_flat. */
#ifndef MA_SPF_FLAT_WORK_H
#define MA_SPF_FLAT_WORK_H

#include "flat.h"

/* What has become of the addresses that reach a record. Those in none of the three met an error. */
struct ma_flat_flow {
    struct ma_netsets open;    /* nothing has matched them yet */
    struct ma_netsets passed;  /* the record's result for them is pass */
    struct ma_netsets refused; /* another one: behind an include they go on, unmatched */
    bool let_go;               /* some may have been refused that are in none of the three */
};

struct ma_flat_frame { /* the records that lead to this one */
    const struct ma_spf_name *domain;
    const struct ma_spf_policy *policy;
    const struct ma_flat_frame *parent;
    struct ma_flat_flow *flow; /* shared by a redirect and its target */
    unsigned depth;
    bool own;    /* the domain's own record, or one that it redirects to */
    bool grants; /* what passes here passes for the domain: "+include" all the way */
    bool *stuck; /* something has to stay, and cannot stand alone in the flat record */
};

struct ma_flattener {
    struct ma_spf *spf;
    struct ma_run *run;
    struct ma_spf_flat *out;
    struct ma_netspace space;
    struct ma_spf_grant **grants_end;
    struct ma_spf_left **lefts_end;
    struct ma_spf_piece **pieces_end;
    unsigned names;
    unsigned lookups; /* terms that look up, as far as the walk got */
    bool loose;       /* what a policy on the way lets go of is not known: some stuck */
};

bool ma_flat_is_empty(const struct ma_netsets *);
/* The name of the record, for people. */
const char *ma_flat_owner(const struct ma_flat_frame *);

/* A term is in no network: notes it, once. term, name and answer may be NULL. */
void ma_flat_leave(struct ma_flattener *, const struct ma_flat_frame *, const struct ma_spf_term *,
    enum ma_spf_why, const char *name, const struct ma_answer *);

/* A further piece, empty. Never NULL. */
struct ma_spf_piece *ma_flat_piece(struct ma_flattener *);
/* Pieces from there on go: the end of the list as it was. */
void ma_flat_take_back(struct ma_flattener *, struct ma_spf_piece **end);
/* Has an include on the way here let go of addresses that may still be matched further on? */
bool ma_flat_has_let_go(const struct ma_flat_frame *);
/* The term as it has to be written in the domain's own record; NULL where it cannot be. */
const char *ma_flat_rewritten(
    struct ma_flattener *, const struct ma_flat_frame *, const struct ma_spf_term *);
/* A term has to stay: as such, or, where the frame gets stuck, with the include that leads there.
   lookups: that it takes at most. */
void ma_flat_keep(struct ma_flattener *, const struct ma_flat_frame *, const struct ma_spf_term *,
    unsigned lookups);

#endif
