/* SPDX-License-Identifier: MIT */
/* dkim_rules.h - what the dkim check can say, and which rule tells of which fault of a key. */
#ifndef MA_DKIM_RULES_H
#define MA_DKIM_RULES_H

#include "dkim_key.h"

#include <mailaudit/check.h>

enum dkim_rule {
    DKIM_SELECTOR_MISSING,
    DKIM_PRIVATE_DIFFERS,
    DKIM_QUOTES,
    DKIM_VERSION,
    DKIM_SYNTAX,
    DKIM_NO_SEMICOLON,
    DKIM_DUPLICATE_TAG,
    DKIM_KEY_TYPE,
    DKIM_HASHES,
    DKIM_SERVICE,
    DKIM_NO_DATA,
    DKIM_ARMOUR,
    DKIM_BASE64,
    DKIM_CUT,
    DKIM_NO_KEY,
    DKIM_ALGORITHM,
    DKIM_MISMATCH,
    DKIM_ED25519_FORM,
    DKIM_NUMBERS,
    DKIM_SHORT,
    DKIM_NONE,
    DKIM_NOT_A_KEY,
    DKIM_SEVERAL,
    DKIM_WEAK,
    DKIM_LONG,
    DKIM_PKCS1,
    DKIM_UNPADDED,
    DKIM_TRAILING,
    DKIM_VERSION_LATE,
    DKIM_OPENDKIM_REFUSES,
    DKIM_DANGLING,
    DKIM_FALSE_NXDOMAIN,
    DKIM_EMPTY_TAG,
    DKIM_VALUE_CASE,
    DKIM_GRANULARITY,
    DKIM_TESTING,
    DKIM_SHARED,
    DKIM_UNSIGNED,
    DKIM_ONLY_ED25519,
    DKIM_LARGE,
    DKIM_UNKNOWN_TAG,
    DKIM_OPENDKIM_ACCEPTS,
    DKIM_REVOKED,
    DKIM_ELSEWHERE,
    DKIM_WILDCARD,
    DKIM_NOT_FOUND,
    DKIM_PRIVATE_NOT_FOUND,
    DKIM_UNKNOWN,
    DKIM_EXTENT_UNKNOWN,
    DKIM_NEED_UNKNOWN,
    DKIM_KEY,
    DKIM_PRIVATE_MATCHES,
    DKIM_NOT_SENDING,
    DKIM_RULE_COUNT
};

extern const struct ma_rule dkim_rules[DKIM_RULE_COUNT];
/* The rule that tells of a fault. */
extern const enum dkim_rule dkim_rule_of[MA_DKIM_FAULT_COUNT];

#endif
