/* SPDX-License-Identifier: MIT */
/*
 * finding.h - a finding and the report made of them: what the checks leave behind, what the score
 * is counted over and what the renderers print. All of it lives in the audit's arena; strings from
 * outside are raw, each renderer escapes them for its own output.
 */
#ifndef MA_FINDING_H
#define MA_FINDING_H

#include "arena.h"
#include "mailaudit/check.h"

struct ma_record { /* a record to publish */
    const char *owner;
    enum ma_rrtype type;
    const char *type_name;
    const char *rdata; /* zone-file form */
    int64_t ttl_secs;  /* how long caches may keep what is there now; -1 unknown */
    struct ma_record *next;
};

struct ma_placeholder {
    const char *name, *text;
    struct ma_placeholder *next;
};

struct ma_place { /* bytes of the joined strings of one record */
    const char *owner, *type_name;
    const char *record; /* raw bytes, record_size of them */
    size_t record_size, offset, length;
};

struct ma_subject { /* one more subject of the same rule */
    const char *text;
    struct ma_subject *next;
};

struct ma_finding {
    struct ma_arena *arena;
    const struct ma_rule *rule;
    const struct ma_check *check;
    enum ma_severity severity; /* the rule's, or the operator's */
    unsigned points;           /* deducted, after the area's cap */
    int own_points;            /* the operator's, before the cap; -1: the severity's */
    char id[17];               /* hash of rule and subject, hexadecimal */
    const char *subject, *evidence;
    const char *fix;              /* filled in; NULL for a pass */
    struct ma_subject *also;      /* in order of report */
    struct ma_record *records;    /* in order of report */
    struct ma_placeholder *fills; /* of the fix, newest first: the first of a name counts */
    struct ma_place *place;       /* or NULL */
    enum ma_failure failure;      /* of an UNKNOWN */
    const char *failed_name;      /* what was asked for then, or NULL */
    bool hides_several;           /* an UNKNOWN that may cost all that its area can */
    const char *cause;            /* the rule that this is an effect of, or NULL */
    bool explained;               /* by ma_findings_explain(): cause says why it is UNKNOWN */
    const char *muted;            /* why the operator muted it, or NULL */
    struct ma_finding *next;
};

/* Links a new finding; subject is copied, fix is left for ma_finding_finish(). */
struct ma_finding *ma_finding_new(struct ma_arena *, const struct ma_check *,
    const struct ma_rule *, const char *subject, const char *evidence);
/* Fills the placeholders of the rule's fix. What has no text stays as {placeholder}. */
void ma_finding_finish(struct ma_finding *, const char *domain);

/* What is UNKNOWN because our resolver is dead, or because the domain's name servers are, is an
   effect of the finding that says so. list is linked by next. */
void ma_findings_explain(struct ma_finding *list);

const char *ma_severity_name(enum ma_severity); /* "error" */
bool ma_severity_parse(enum ma_severity *, const char *text);

struct ma_deduction {
    const struct ma_finding *finding;
    unsigned points;
};

struct ma_score {
    int value, lowest;        /* 0..100 */
    char grade, lowest_grade; /* 'A'..'F' */
    const char *gate;         /* "critical", "error" or NULL: the gate that lowered the value */
    const struct ma_deduction *deductions;
    size_t deduction_count;
};

struct ma_check_result {
    const struct ma_check *check;
    const struct ma_data *data;
};

enum ma_report_status { MA_REPORT_COMPLETE, MA_REPORT_INCOMPLETE, MA_REPORT_FAILED };

struct ma_report {
    enum ma_report_status status;
    const char *failure; /* of MA_REPORT_FAILED, else NULL */
    const char *label;   /* the user's own, or NULL */
    uint32_t line;       /* of the batch's input; 0: not a batch */
    int64_t audited_at;  /* seconds since the epoch, shown with --stamp only; -1: not */
    const struct ma_target *target;
    const struct ma_senders *senders;
    enum ma_role role;
    bool role_given;
    const struct ma_finding **findings; /* worst first; then rule, then subject */
    size_t finding_count;
    struct ma_score score;
    enum ma_severity verdict; /* the worst severity, muted findings left out */
    unsigned questions, unanswered, not_asked;
    const struct ma_check_result *checks; /* in the registry's order */
    size_t check_count;
};

/* Orders the findings, counts score and verdict. findings is a list through next. */
void ma_report_count(struct ma_report *, struct ma_arena *, struct ma_finding *findings);
const char *ma_role_name(enum ma_role);

#endif
