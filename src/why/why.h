/* SPDX-License-Identifier: MIT */
/*
 * why.h - `mailaudit why`: explains, to each of those whom it concerns, why a mail was refused for
 * SPF and who has to change what.
 *
 * It is an audit of the sender's domain with the checks spf and ptr alone; what they found is told
 * in other words than in a report.
 */
#ifndef MA_WHY_H
#define MA_WHY_H

#include "../session.h"

#define MA_WHY_PLACES_MAX 4  /* records on the way to the term that decided */
#define MA_WHY_ADVICE_MAX 16 /* paragraphs */

/* Makes the command line that of such an audit; false and a word to err where it cannot be. */
bool ma_why_prepare(struct ma_options *, FILE *err);
/* Prints; the exit code is 0 for pass (1, if the HELO name fails), 3 where it is not known, else 1.
 */
int ma_why_print(
    const struct ma_report *, const struct ma_session *, const struct ma_options *, FILE *err);

/* ---- what the parts share -------------------------------------------------------------------- */

enum ma_why_result { /* bits, so that advice can be for several */
    MA_WHY_PASS = 1,
    MA_WHY_FAIL = 2,
    MA_WHY_SOFTFAIL = 4,
    MA_WHY_NEUTRAL = 8,
    MA_WHY_NONE = 16,
    MA_WHY_PERMERROR = 32,
    MA_WHY_UNKNOWN = 64 /* a look-up failed: nothing is concluded */
};

enum ma_why_host {          /* what the sending address is; bits */
    MA_WHY_OWN = 1,         /* its confirmed name lies in the sender's organization */
    MA_WHY_OTHER = 2,       /* in another one: a forwarder, a service, another provider */
    MA_WHY_ACCESS_LINE = 4, /* a name for changing addresses */
    MA_WHY_NAMELESS = 8,
    MA_WHY_UNSURE = 16, /* its name could not be looked up */
    MA_WHY_SPECIAL = 32 /* private or the like: no address of the Internet */
};

enum ma_why_audience { MA_WHY_BOUNCED, MA_WHY_DOMAIN, MA_WHY_SERVER, MA_WHY_RECEIVER };

struct ma_why_advice {
    enum ma_why_audience audience;
    const char *text;
};

/* Strings and findings are the report's or the arena's. */
struct ma_why {
    struct ma_arena *arena;
    const struct ma_report *report;
    enum ma_why_result result;
    bool of_helo;                   /* the identity is the HELO name */
    const char *sender;             /* "" for the null sender */
    const char *helo;               /* or NULL */
    enum ma_why_result helo_result; /* of the HELO name, where both were evaluated; or 0 */
    const char *address, *receiver, *special;  /* the latter two may be NULL */
    const char *domain;                        /* whose policy it is */
    const char *matched;                       /* the term, or NULL */
    const char *explanation;                   /* of exp=, or NULL */
    struct ma_place places[MA_WHY_PLACES_MAX]; /* from the domain's record on */
    size_t place_count;
    enum ma_why_host host;
    const struct ma_data *names; /* reverse names, or NULL */
    bool confirmed;              /* one of them leads back */
    struct ma_why_advice advice[MA_WHY_ADVICE_MAX];
    size_t advice_count;
};

/* Everything but the advice. list: of ma_org_domain_open(). */
void ma_why_answer(
    struct ma_why *, const struct ma_report *, const char *receiver, const void *psl);
void ma_why_advise(struct ma_why *);
const char *ma_why_result_name(enum ma_why_result);
const char *ma_why_host_name(enum ma_why_host);
const char *ma_why_audience_name(enum ma_why_audience);
/* Does the sender pass, and the HELO name, which many receivers check first, is FAIL or UNKNOWN? */
bool ma_why_helo_is(const struct ma_why *, enum ma_why_result);
/* One sentence. */
const char *ma_why_summary(const struct ma_why *);
/* The first reverse name, or the address. */
const char *ma_why_host_text(const struct ma_why *);

/* A finding that belongs into the answer: what the domain's postmaster is to change, or what could
   not be looked up. */
bool ma_why_is_told(const struct ma_why *, const struct ma_finding *);

void ma_why_show(FILE *, const struct ma_why *, const struct ma_render_options *);
void ma_why_show_json(FILE *, const struct ma_why *);

#endif
