/* SPDX-License-Identifier: MIT */
/* dmarc_rules.h - what the dmarc check can say, and which rule tells of which fault of a record. */
#ifndef MA_DMARC_RULES_H
#define MA_DMARC_RULES_H

#include "dmarc_record.h"

#include <mailaudit/check.h>

enum dmarc_rule {
    DMARC_MISSING,
    DMARC_MISPLACED,
    DMARC_DOUBLED,
    DMARC_MULTIPLE,
    DMARC_NOT_RECOGNISED,
    DMARC_NO_EFFECT,
    DMARC_OWN_REFUSED,
    DMARC_NO_POLICY,
    DMARC_BAD_POLICY,
    DMARC_SYNTAX,
    DMARC_NO_SEMICOLON,
    DMARC_DUPLICATE_TAG,
    DMARC_BAD_VALUE,
    DMARC_BAD_ADDRESS,
    DMARC_PUBLIC_SUFFIX,
    DMARC_UNAUTHORISED,
    DMARC_REPORT_HOST,
    DMARC_POLICY_NONE,
    DMARC_NOT_SENDING,
    DMARC_TESTING,
    DMARC_PARTIAL,
    DMARC_SUBDOMAINS,
    DMARC_NO_REPORTS,
    DMARC_LARGE,
    DMARC_SCHEME,
    DMARC_TAG_CASE,
    DMARC_EMPTY_TAG,
    DMARC_POLICY_DIFFERS,
    DMARC_ORG_DIFFERS,
    DMARC_UNUSED,
    DMARC_HISTORIC,
    DMARC_SIZE_LIMIT,
    DMARC_MANY,
    DMARC_UNKNOWN_TAG,
    DMARC_UNKNOWN,
    DMARC_ABOVE_UNKNOWN,
    DMARC_REPORT_UNKNOWN,
    DMARC_OWN_UNKNOWN,
    DMARC_PLACE_UNKNOWN,
    DMARC_ENFORCED,
    DMARC_RULE_COUNT
};

extern const struct ma_rule dmarc_rules[DMARC_RULE_COUNT];
/* The rule that tells of a fault. */
extern const enum dmarc_rule dmarc_rule_of[MA_DMARC_FAULT_COUNT];

#endif
