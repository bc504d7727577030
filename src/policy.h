/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what the operator holds of the rules: severities, points, mutes. Never ids.
 *
 * One line each; '#' begins a remark:
 *
 *     dkim.weak-key notice
 *     dmarc.policy-none points 3
 *     ptr.generic-static mute until 2027-01-31 because the provider changes it in January
 *
 * A mute ends with its day (UTC, by the audit's clock); then the finding is back, and says so.
 * What could not be answered is not graded: an UNKNOWN rule can be muted only.
 */
#ifndef MA_POLICY_H
#define MA_POLICY_H

#include "finding.h"
#include "registry.h"

#include <stdio.h>

#define MA_POLICY_BYTES_MAX (1024 * 1024) /* of a policy file */

struct ma_policy;

struct ma_policy *ma_policy_new(void); /* NULL without memory */
void ma_policy_free(struct ma_policy *);
/* Errors go to err as "FILE:LINE:COLUMN: what"; false then. The registry knows the rules. */
bool ma_policy_read(struct ma_policy *, const struct ma_registry *, const char *file, FILE *err);
/* A profile by name: "default" changes nothing, "strict" makes missing good practice a warning.
   What a policy file says goes before it. False: no such profile. */
bool ma_policy_profile(struct ma_policy *, const struct ma_registry *, const char *name);
/* The operator's own file: $XDG_CONFIG_HOME, ~/.config, $XDG_CONFIG_DIRS, the system's folder, in
   this order, each with mailaudit/policy. NULL: there is none. The caller frees it. */
char *ma_policy_find(void);

/* What the policy says of a finding. The mute's end, "2027-01-31", when it is over; else NULL. */
const char *ma_policy_apply(const struct ma_policy *, struct ma_finding *, int64_t now_secs);

#endif
