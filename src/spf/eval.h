/* SPDX-License-Identifier: MIT */
/* eval.h - inside the evaluator: what check_host() and the mechanisms share. */
#ifndef MA_SPF_EVAL_H
#define MA_SPF_EVAL_H

#include "spf.h"

struct ma_spf_eval {
    struct ma_spf *spf;
    struct ma_run *run;
    struct ma_spf_outcome *out;  /* lookups, voids, pending, problem, letters are kept there */
    struct ma_spf_values values; /* domain is set for each use */
    const char *own_domain;      /* or NULL */
};

/* What a look-up gave. */
enum ma_spf_look { MA_SPF_GOT, MA_SPF_GOT_NOTHING, MA_SPF_GOT_ERROR, MA_SPF_GOT_LATER };

/* Asks, and notes the answer in the step. Nothing found makes the step a void look-up. */
enum ma_spf_look ma_spf_look(struct ma_spf_eval *, struct ma_spf_step *, enum ma_rrtype,
    const char *name, const struct ma_answer **answer_r);
/* The first problem of an evaluation is the one that decides; later ones are dropped. */
void ma_spf_problem(struct ma_spf_eval *, enum ma_spf_problem_kind, const struct ma_spf_visit *,
    const struct ma_spf_step *, const struct ma_answer *);

/* Asks for what a mechanism looks up first, without waiting for it. */
void ma_spf_ask_ahead(struct ma_spf_eval *, struct ma_spf_step *);
/* The directive a, mx, ptr, ip4, ip6 or exists; the step's target is filled in. */
enum ma_spf_verdict ma_spf_match(
    struct ma_spf_eval *, const struct ma_spf_visit *, struct ma_spf_step *);
/* Does ip4: or ip6: match? */
bool ma_spf_match_network(const struct ma_spf_eval *, const struct ma_spf_term *);
/* %{p} (7.3) as seen from a domain; NULL while it waits for an answer. */
const char *ma_spf_validated_name(struct ma_spf_eval *, const struct ma_spf_name *domain);
/* target-name (4.8) of a term in a record of that domain; NULL while it waits. */
const struct ma_spf_name *ma_spf_target(
    struct ma_spf_eval *, const struct ma_spf_visit *, const struct ma_spf_term *);
/* Does the term count against the limit of 10 (4.6.4)? */
bool ma_spf_is_lookup(enum ma_spf_kind);

#endif
