/* SPDX-License-Identifier: MIT */
/*
 * spf.h - Sender Policy Framework, RFC 7208: the policy of a domain evaluated for a client, and the
 * whole tree of it looked through.
 *
 * Pure: every look-up is ma_dns() of the run, all memory is the run's. Answers that are not there
 * yet do not stop the walk: all that can be asked for is asked, and pending is set; what is handed
 * back then is not to be used. Bounded: by the limits of RFC 7208 4.6.4 in an evaluation, by the
 * caps below in a walk; reaching a cap of ours is told, never taken for an answer.
 *
 * Questions that the RFC leaves to the reader are decided in docs/spf-decisions.md.
 */
#ifndef MA_SPF_H
#define MA_SPF_H

#include "macro.h"
#include "record.h"

#define MA_SPF_LOOKUPS_MAX 10     /* terms that look up, in one evaluation (4.6.4) */
#define MA_SPF_VOIDS_MAX   2      /* of these, such as find nothing (4.6.4) */
#define MA_SPF_HOSTS_MAX   10     /* names of one mx or ptr whose addresses are looked up (4.6.4) */
#define MA_SPF_NAMES_MAX   200    /* records that the walk visits */
#define MA_SPF_DEPTH_MAX   20     /* records below one another that it goes down */
#define MA_SPF_TERMS_MAX   40000u /* terms of all records of a run that are parsed */
#define MA_SPF_FAULTY_MAX  64     /* problems that the walk keeps */

/* ---- the records ----------------------------------------------------------------------------- */

enum ma_spf_found {
    MA_SPF_FOUND,      /* one record */
    MA_SPF_NONE_THERE, /* no record, no such name, or no name at all (4.3, 4.5) */
    MA_SPF_SEVERAL,    /* more than one (4.5) */
    MA_SPF_LOST,       /* the look-up failed (4.4) */
    MA_SPF_TOO_MUCH,   /* not parsed: MA_SPF_TERMS_MAX */
    MA_SPF_WAITING
};

/* What a domain publishes. */
struct ma_spf_policy {
    enum ma_spf_found found;
    const struct ma_answer *answer;     /* NULL where the domain cannot be asked for */
    const struct ma_spf_record *record; /* the first one, also when there are several */
    const struct ma_rr *second;         /* of MA_SPF_SEVERAL */
    struct ma_spf_policy *next;
};

/* What evaluations and walks of one run share. */
struct ma_spf {
    struct ma_run *run;
    struct ma_spf_policy *policies; /* each record is parsed once */
    size_t terms_left;
    unsigned voids_max; /* MA_SPF_VOIDS_MAX, unless the caller sets another */
};

void ma_spf_init(struct ma_spf *, struct ma_run *);
/* Asks; name may be any. Never NULL. */
const struct ma_spf_policy *ma_spf_policy(struct ma_spf *, const struct ma_spf_name *);

/* ---- problems -------------------------------------------------------------------------------- */

/* Why a policy is a permerror, or could not be looked through. */
enum ma_spf_problem_kind {
    MA_SPF_NO_PROBLEM,
    MA_SPF_SYNTAX,        /* the record has faults */
    MA_SPF_MULTIPLE,      /* several records */
    MA_SPF_LOOKUP_LIMIT,  /* more than 10 terms look up */
    MA_SPF_VOID_LIMIT,    /* more than 2 of them find nothing */
    MA_SPF_MX_LIMIT,      /* an mx leads to more than 10 hosts */
    MA_SPF_INCLUDE_NONE,  /* include: of a domain without a record */
    MA_SPF_REDIRECT_NONE, /* redirect= to one */
    MA_SPF_LOOP,          /* a record includes itself */
    MA_SPF_VOID,          /* a name that is not there; no fault by itself */
    MA_SPF_LOOKUP_FAILED, /* a look-up failed: temperror (4.4, 5) */
    MA_SPF_CUT            /* a bound of ours */
};

struct ma_spf_problem {
    enum ma_spf_problem_kind kind;
    const char *owner;                  /* of the record */
    const struct ma_spf_record *record; /* that the problem is in; NULL: owner's could not be had */
    const struct ma_spf_term *term;     /* the term in it, or NULL */
    const char *name;                   /* the name that the term led to, or NULL */
    const struct ma_answer *answer;     /* what was answered for it, or NULL */
    struct ma_spf_problem *next;
};

/* ---- evaluation: check_host() (4) --------------------------------------------------------------
 */

enum ma_spf_result {
    MA_SPF_NONE,
    MA_SPF_NEUTRAL,
    MA_SPF_PASS,
    MA_SPF_FAIL,
    MA_SPF_SOFTFAIL,
    MA_SPF_TEMPERROR,
    MA_SPF_PERMERROR
};

enum ma_spf_verdict {
    MA_SPF_NOT_REACHED,
    MA_SPF_NO_MATCH,
    MA_SPF_MATCH,
    MA_SPF_RAISES_TEMPERROR,
    MA_SPF_RAISES_PERMERROR,
    MA_SPF_FOLLOWED, /* a redirect */
    MA_SPF_SKIPPED,  /* modifiers; terms behind "all"; a redirect beside "all" */
    MA_SPF_TOLD      /* an exp= whose text is the explanation */
};

struct ma_spf_asked { /* one look-up of a step */
    const struct ma_answer *answer;
    struct ma_spf_asked *next;
};

struct ma_spf_visit;

struct ma_spf_step { /* one term of a record, as it was evaluated */
    const struct ma_spf_term *term;
    enum ma_spf_verdict verdict;
    bool is_lookup, is_void;
    uint8_t lookups, voids;                  /* used up when this step was done */
    const struct ma_spf_name *target;        /* target-name (4.8), or NULL */
    struct ma_spf_asked *asked, **asked_end; /* in the order of the RFC, not of asking */
    struct ma_spf_visit *inside;             /* of include and redirect */
};

struct ma_spf_visit { /* one check_host() */
    const struct ma_spf_name *domain;
    const struct ma_spf_policy *policy;
    enum ma_spf_result result;
    struct ma_spf_step *steps; /* one a term; NULL where there is no record to evaluate */
    size_t step_count;
};

/* Who sends: the arguments of check_host() (4.1) and what macros need beside them. */
struct ma_spf_client {
    struct ma_address address; /* IPv4-mapped ones count as IPv4 (5) */
    const char *sender;        /* as given: MAIL FROM, "" for the null reverse-path; or HELO name */
    const char *helo;          /* never NULL */
    const char *receiver;      /* for %{r} */
    int64_t now_secs;
    const char *own_domain; /* the mx hosts of this domain are asked for at once; or NULL */
};

/* What macros stand for at such a client; domain is left to the caller. */
struct ma_spf_values ma_spf_values_of(struct ma_run *, const struct ma_spf_client *);

/* What became of exp= (6.2). */
enum ma_spf_explained {
    MA_SPF_NO_EXPLANATION, /* no fail, or no exp= */
    MA_SPF_EXPLAINED,
    MA_SPF_EXPLANATION_UNUSABLE /* proceed as if there were no exp= */
};

struct ma_spf_outcome {
    enum ma_spf_result result;
    bool pending;
    const char *domain;      /* that was evaluated */
    unsigned lookups, voids; /* used */
    const struct ma_spf_visit *root;
    const struct ma_spf_visit *decisive; /* the visit whose term matched, or NULL */
    const struct ma_spf_step *matched;   /* or NULL: by default, or not at all */
    struct ma_spf_problem problem;       /* of temperror and permerror */
    const struct ma_answer *doubt; /* a failed look-up that ptr and %{p} pass over (5.5): the result
                                      is what a receiver gets that sees the same, or NULL */
    enum ma_spf_explained explained;
    const char *explanation; /* or NULL */
    uint32_t letters;        /* macro letters that were used on the way */
};

const struct ma_spf_outcome *ma_spf_evaluate(struct ma_spf *, const struct ma_spf_client *);
const char *ma_spf_result_name(enum ma_spf_result);   /* "pass" */
const char *ma_spf_verdict_name(enum ma_spf_verdict); /* "no-match" */

/* ---- the text that exp= leads to --------------------------------------------------------------
 */

enum ma_spf_text_state {
    MA_SPF_TEXT_GOOD,
    MA_SPF_TEXT_MISSING,
    MA_SPF_TEXT_SEVERAL,
    MA_SPF_TEXT_BAD, /* see fault */
    MA_SPF_TEXT_LOST,
    MA_SPF_TEXT_WAITING
};

struct ma_spf_text {
    enum ma_spf_text_state state;
    const char *name; /* where it was looked for */
    const struct ma_answer *answer;
    const struct ma_rr *rr;
    struct ma_spf_fault fault;
    uint32_t letters; /* macros that it uses */
};

/* Fetches and checks, does not expand. */
struct ma_spf_text ma_spf_text(struct ma_spf *, const struct ma_spf_name *);

/* ---- the whole tree ----------------------------------------------------------------------------
 */

struct ma_spf_seen { /* a record of the tree, once */
    const struct ma_spf_name *domain;
    const struct ma_spf_policy *policy;
    bool own;    /* the domain's own, or one that it redirects to */
    bool grants; /* what passes here passes for the domain: "+include" all the way */
    struct ma_spf_seen *next;
};

struct ma_spf_walk {
    bool pending;
    const struct ma_spf_policy *policy; /* of the domain itself */
    unsigned names;                     /* records visited, counted once a visit */
    unsigned lookups;                   /* terms that look up, if nothing matches early */
    bool endless;                       /* a loop: lookups has no end */
    bool cut;                           /* MA_SPF_NAMES_MAX: lookups is a lower bound */
    unsigned voids;                     /* of names that depend on nothing but the records */
    unsigned failed;                    /* look-ups that failed */
    uint32_t letters;                   /* macro letters used anywhere in directives */
    bool invalid;                       /* a permerror for somebody */
    struct ma_spf_problem *problems;    /* in the order of the walk, each place once */
    size_t problem_count;
    const struct ma_spf_text *text; /* of exp=; NULL: none, or its name depends on the client */
    const struct ma_spf_seen *seen; /* in the order of the walk, MA_SPF_FOUND ones only */
    const unsigned *costs;          /* look-ups of each term of the domain's own record, or NULL */
};

/* families: bits 1 (IPv4) and 2 (IPv6), of the clients to think of. client: for includes whose name
   depends on it; or NULL, then they are counted and not followed. */
const struct ma_spf_walk *ma_spf_walk(struct ma_spf *, const struct ma_spf_name *domain,
    unsigned families, const struct ma_spf_client *client);

#endif
