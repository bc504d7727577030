/* SPDX-License-Identifier: MIT */
/*
 * recording.h - what recordings look like: a folder with the observations of an audit, dns.txt, and
 * with what was audited, audit.txt; what was fetched by HTTPS is in https.txt (webrecording.h).
 * Text, sorted, one file a kind; the same audit writes the same
 * bytes. A recording made by hand needs no audit.txt.
 *
 * dns.txt: the line "mailaudit-observations 1", then for each question
 *     OWNER TYPE OUTCOME [key=value...]
 * OUTCOME is ok, nodata, nxdomain or failed:WORD with the words of ma_failure_name(). Keys:
 * negative-ttl=SECS, security=secure|insecure|bogus, detail="...", server=ADDR#PORT, and the words
 * validate and recursive. The answer section follows in zone-file form, absolute names, each
 * record on a line that starts with a blank, aliases first. ';' starts a comment.
 *
 * audit.txt: the line "mailaudit-audit 1", then "KEY VALUE" lines: domain, address (repeated, as
 * given), sender, helo, role, selector (repeated), check (repeated: those that ran), setting (NAME
 * VALUE, repeated: options that change what is asked), profile, file (OPTION NAME, repeated: a file
 * of lists, public suffixes or policy, which a replay must be given again), now (the clock),
 * observations (their number, so that a dns.txt that was cut off is noticed),
 * bodies (the same for https.txt). \DDD is a byte.
 */
#ifndef MA_RECORDING_H
#define MA_RECORDING_H

#define MA_RECORDING_DNS       "mailaudit-observations 1"
#define MA_RECORDING_AUDIT     "mailaudit-audit 1"
#define MA_RECORDING_BYTES_MAX (256u * 1024 * 1024) /* of one file */

#endif
