/* SPDX-License-Identifier: MIT */
/*
 * flat.h - a policy evaluated for all addresses at once: which of them it passes, by what, and what
 * cannot be said without a message in hand.
 *
 * From left to right as RFC 7208 4.6.2 has it, so that what an earlier term decides is taken from
 * what later ones may decide. The limits of 4.6.4 are left out of it: a policy that is over them is
 * what is to be flattened; ask ma_spf_walk() about them.
 *
 * Nothing is lost in silence: a term that is in no network is in lefts. Pure and bounded, as all of
 * src/spf is; reaching a bound is a left, too.
 */
#ifndef MA_SPF_FLAT_H
#define MA_SPF_FLAT_H

#include "netset.h"
#include "spf.h"

#define MA_SPF_FLAT_LEFTS_MAX   400 /* that are kept; further ones are counted */
#define MA_SPF_FLAT_LOOKUPS_MAX 500 /* terms that look up */
#define MA_SPF_FLAT_HOSTS_MAX   60  /* of one mx */

struct ma_netsets {
    struct ma_netset v4, v6;
};

/* Why a term is in no network. */
enum ma_spf_why {
    MA_SPF_WHY_MACRO,    /* its name depends on the message or on the client */
    MA_SPF_WHY_EXISTS,   /* asks the DNS at each message */
    MA_SPF_WHY_PTR,      /* asks for the client's name */
    MA_SPF_WHY_MODIFIER, /* unknown: receivers ignore it (6) */
    MA_SPF_WHY_IGNORED,  /* behind all, a redirect beside one (5.1, 6.1) */
    MA_SPF_WHY_BEHIND,   /* behind an error that ends the evaluation */
    MA_SPF_WHY_FAILED,   /* a look-up failed: what it authorises is not known */
    MA_SPF_WHY_BOUND,    /* of ours: the same */
    MA_SPF_WHY_SYNTAX,   /* errors from here on (permerror) */
    MA_SPF_WHY_SEVERAL,
    MA_SPF_WHY_NO_RECORD,
    MA_SPF_WHY_LOOP
};

struct ma_spf_left {
    enum ma_spf_why why;
    const char *owner;                  /* of the record */
    const struct ma_spf_record *record; /* NULL: the domain's own could not be had */
    const struct ma_spf_term *term;     /* NULL: the record as a whole */
    const char *name;                   /* that it led to, or NULL */
    const struct ma_answer *answer;     /* what was answered for it, or NULL */
    struct ma_spf_left *next;
};

struct ma_spf_grant { /* a term, and what it is that passes by it */
    const char *owner;
    const struct ma_spf_record *record;
    const struct ma_spf_term *term;
    struct ma_netsets networks;
    struct ma_spf_grant *next;
};

/* What decides the same as the policy, in order: networks, or a term that has to stay. */
struct ma_spf_piece {
    const char *term; /* NULL: networks */
    unsigned lookups; /* that the term takes at most */
    char qualifier;   /* of networks */
    struct ma_netsets networks;
    struct ma_spf_piece *next;
};

struct ma_spf_flat {
    bool pending;
    const struct ma_spf_policy *policy; /* of the domain itself */
    struct ma_netsets passed;           /* each address once */
    struct ma_spf_grant *grants;
    struct ma_spf_left *lefts;
    size_t left_count;              /* may be more than are kept */
    const struct ma_answer *failed; /* the first look-up that failed, or NULL */
    bool cut;                       /* a bound of ours: networks may be missing */
    bool broken;                    /* an error ends the evaluation for some addresses */
    bool partial;                   /* terms are left that may authorise more */
    struct ma_spf_piece *pieces;
    const char *tail; /* "~all", "redirect=...", or "": what is neutral in the end */
    const char *exp;  /* "exp=...", or "" */
};

const struct ma_spf_flat *ma_spf_flatten(struct ma_spf *, const struct ma_spf_name *domain);

/* ---- written down ----------------------------------------------------------------------------
 */

/* Text of a record that is small enough for an answer of 512 bytes, and of one for 1,232. */
#define MA_SPF_FLAT_SMALL_BYTES 450
#define MA_SPF_FLAT_LARGE_BYTES 1100

struct ma_spf_flat_record {
    const char *owner, *text;
    struct ma_spf_flat_record *next;
};

struct ma_spf_flat_records {
    struct ma_spf_flat_record *list; /* the domain's own first, then what it includes */
    size_t count;
    unsigned lookups; /* that they take at most */
    bool large;       /* one is over MA_SPF_FLAT_SMALL_BYTES */
    bool over;        /* one is over MA_SPF_FLAT_LARGE_BYTES, or they look up too much */
};

/* The policy as records to publish: one, or one that includes _spf1.DOMAIN and so on. NULL where
   that is more than is worked on. */
const struct ma_spf_flat_records *ma_spf_flat_write(
    struct ma_run *, const struct ma_spf_flat *, const char *domain);

const char *ma_spf_why_name(enum ma_spf_why); /* "macro" */
const char *ma_spf_why_text(enum ma_spf_why); /* a phrase */

#endif
