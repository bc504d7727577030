# SPDX-License-Identifier: MIT
"""What every JSON report must be, whatever was audited: its keys, their order and types, and a
score that follows from its findings. check(text) returns a list of complaints."""

import json

SEVERITIES = ["pass", "info", "notice", "unknown", "warning", "error", "critical"]
POINTS = {"notice": 1, "warning": 5, "error": 15, "critical": 40}
CAPS = {"bimi": 3, "dkim": 20, "dmarc": 25, "dnsbl": 40, "dnssec": 15, "mx": 40, "ptr": 20,
        "smtp": 40, "spf": 25, "tls": 20}
OTHER_CAP = 20
CRITICAL_CAP = 40
GATES = [("critical", 49), ("error", 84)]

text, number, truth = str, int, bool


class Maybe:  # or null
    def __init__(self, kind):
        self.kind = kind


class Word:  # one of these
    def __init__(self, words):
        self.words = words.split()


class Open:  # an object that may have more keys
    def __init__(self, keys):
        self.keys = keys


SEVERITY = Word(" ".join(SEVERITIES))
FAILURE = Word("timeout servfail refused rcode malformed truncated too-large cname-loop bad-name "
               "network offline budget forbidden not-recorded bogus bad-url no-address connect "
               "tls certificate redirect")
RECORD = {"owner": text, "type": text, "ttl_secs": Maybe(number), "rdata": text}
PLACE = {"owner": text, "type": text, "record": text, "offset": number, "length": number}
FINDING = {
    "id": text, "rule": text, "check": text, "area": text, "severity": SEVERITY,
    "could_be": Maybe(SEVERITY), "failure": Maybe(FAILURE), "points": number, "subject": text,
    "also": [text], "title": text, "why": Maybe(text), "evidence": text, "fix": Maybe(text),
    "records": [RECORD], "cause": Maybe(text), "reference": Maybe(text), "place": Maybe(PLACE),
    "muted": Maybe(text), "could_be_several": bool}
REPORT = {
    "schema": number, "program": text, "status": Word("complete incomplete failed"),
    "failure": Maybe(text), "label": Maybe(text), "line": Maybe(number), "audited_at": Maybe(text),
    "target": {
        "domain": Maybe(text), "unicode": Maybe(text), "addresses": [text],
        "addresses_from": Maybe(Word("arguments mx")), "sender": Maybe(text),
        "helo": Maybe(text),
        "role": Maybe(Word("sends-and-receives sends-only receives-only parked"))},
    "score": {
        "value": Maybe(number), "lowest": Maybe(number), "grade": Maybe(Word("A B C D F")),
        "lowest_grade": Maybe(Word("A B C D F")), "gate": Maybe(Word("error critical")),
        "deductions": [{"rule": text, "area": text, "points": number}], "questions": number,
        "unanswered": number, "not_asked": number},
    "verdict": SEVERITY, "findings": [FINDING], "checks": Open({})}

# What others read of the checks' own parts; a check may add keys.
CHECKS = {
    "spf": Open({
        "results": [Open({
            "address": Maybe(text), "identity": Word("mailfrom helo"), "domain": Maybe(text),
            "result": Maybe(Word("pass fail softfail neutral none permerror temperror")),
            "explanation": Maybe(text), "matched": Maybe(text), "lookups": Maybe(number),
            "voids": Maybe(number), "doubt": Maybe(text), "trace": list})],
        "record": Maybe(text), "valid": Maybe(truth), "lookups_worst_case": Maybe(number),
        "voids_worst_case": Maybe(number), "second_opinion": Open({"libspf2": Maybe(text)})}),
    "ptr": Open({"addresses": [Open({
        "address": text, "names": [text], "confirmed": Maybe(truth),
        "kind": Word("named generic-static generic-dynamic none unknown"),
        "heuristic": Maybe(text), "part": Maybe(text), "zone": Maybe(text),
        "contact": Maybe(text)})]}),
    "dkim": Open({"keys": [Open({
        "selector": text, "state": Word("good weak revoked bad duplicate none unknown"),
        "type": Maybe(text), "bits": Maybe(number), "testing": Maybe(truth),
        "private_key_matches": Maybe(truth), "opendkim": Maybe(text)})]}),
    "dmarc": Open({
        "state": Word("valid invalid multiple missing unknown"), "record": Maybe(text),
        "found_at": Maybe(text), "org_domain": Maybe(text), "org_domain_psl": Maybe(text),
        "policy": Maybe(text), "subdomain_policy": Maybe(text), "nonexistent_policy": Maybe(text),
        "testing": Maybe(truth),
        "external_reports": [Open({"uri": text, "host": text, "authorised": Maybe(truth)})],
        "walk": [Open({"name": text,
                       "state": Word("record none several not-recognised unknown")})]}),
    "dnsbl": Open({"lists": [Open({
        "zone": text, "subject": Maybe(text), "recursive": truth,
        "class": Word("block allow info"), "weight": object,
        "state": Word("listed clean unknown not-asked"), "codes": [text], "meaning": Maybe(text),
        "reason": Maybe(text), "removal": Maybe(text)})]}),
    "mx": Open({
        "hosts": [Open({"preference": Maybe(number), "name": text, "addresses": [text]})],
        "implicit": Maybe(truth), "null_mx": Maybe(truth)}),
    "dns": Open({
        "resolver": Open({"alive": Maybe(truth), "canary": Maybe(text), "rewrites": Maybe(truth),
                          "strips_dnssec": Maybe(truth)}),
        "wildcard": Maybe(truth), "zone": Maybe(text),
        "servers": [Open({
            "name": text, "address": Maybe(text),
            "state": Word("good silent lame refusing no-address unknown"),
            "serial": Maybe(number), "failure": Maybe(FAILURE)})],
        "dnssec": Maybe(Word("secure insecure bogus unknown")), "dnssec_reason": Maybe(text)}),
    "message": Open({
        "author": Open({"domain": Maybe(text), "addresses": [text], "line": Maybe(number),
                        "fields": number}),
        "envelope": Open({
            "sender": Maybe(text),
            "sender_from": Maybe(Word("given return-path received results")),
            "sender_line": Maybe(number), "helo": Maybe(text), "address": Maybe(text),
            "address_from": Maybe(Word("given received")), "address_line": Maybe(number),
            "received_at": Maybe(text)}),
        "received": [Open({
            "line": number, "helo": Maybe(text), "address": Maybe(text), "by": Maybe(text),
            "with": Maybe(text), "at": Maybe(text), "internal": Maybe(truth), "taken": truth})],
        "spf": Open({
            "result": Maybe(Word("pass fail softfail neutral none permerror temperror")),
            "domain": Maybe(text), "identity": Maybe(Word("mailfrom helo")),
            "matched": Maybe(text), "explanation": Maybe(text), "aligned_relaxed": Maybe(truth),
            "aligned_strict": Maybe(truth)}),
        "signatures": [Open({
            "line": number, "domain": Maybe(text), "selector": Maybe(text),
            "algorithm": Maybe(text), "canonicalization": Maybe(text), "identity": Maybe(text),
            "result": Word("pass fail permerror temperror unknown"), "why": Maybe(text),
            "key_bits": Maybe(number), "key_testing": Maybe(truth), "made_at": Maybe(text),
            "expires_at": Maybe(text), "expired": truth, "future": truth, "signed": [text],
            "length": Maybe(number), "unsigned_bytes": Maybe(number),
            "body_matches": Maybe(truth), "counts": Maybe(truth),
            "aligned_relaxed": Maybe(truth), "aligned_strict": Maybe(truth)})],
        "dmarc": [Open({
            "standard": text, "org_domain": Maybe(text), "found_at": Maybe(text),
            "policy": Maybe(text), "spf": Maybe(truth), "dkim": Maybe(truth),
            "result": Word("none pass fail unknown"), "applied": Maybe(text)})],
        "claims": [Open({
            "line": number, "server": text, "arc": truth, "instance": Maybe(number),
            "method": text, "result": text, "identity": Maybe(text), "ours": Maybe(text),
            "agrees": Maybe(truth)})],
        "one_click": Open({"unsubscribe": truth, "https": Maybe(text), "post": truth,
                           "signed_by": Maybe(text)})}),
    "mta_sts": Open({
        "state": Maybe(Word("valid invalid multiple missing unknown")), "record": Maybe(text),
        "id": Maybe(text), "mode": Maybe(Word("enforce testing none")),
        "max_age_secs": Maybe(number), "mx": [text],
        "hosts": [Open({"name": text, "matched": Maybe(truth)})]}),
    "rdap": Open({"networks": [Open({
        "address": text, "range": Maybe(text), "name": Maybe(text), "handle": Maybe(text),
        "holder": Maybe(text), "country": Maybe(text), "abuse": [text], "source": Maybe(text)})]}),
    "tls_rpt": Open({
        "state": Maybe(Word("valid invalid multiple missing unknown")), "record": Maybe(text),
        "destinations": [text]}),
}


def compare_keys(where, value, due, others_allowed):
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    found = [k for k in value if k in due] if others_allowed else list(value)
    if found != list(due):
        return [f"{where}: keys {' '.join(value)}; due {' '.join(due)}"]
    return []


def compare(where, value, due):
    """Complaints about value, which ought to be as due says."""
    if isinstance(due, Maybe):
        return [] if value is None else compare(where, value, due.kind)
    if isinstance(due, Word):
        return [] if value in due.words else [f"{where}: {value!r}"]
    if isinstance(due, (dict, Open)):
        keys = due.keys if isinstance(due, Open) else due
        wrong = compare_keys(where, value, keys, isinstance(due, Open))
        for key in keys if not wrong else []:
            wrong += compare(f"{where}.{key}", value[key], keys[key])
        return wrong
    if isinstance(due, list):
        if not isinstance(value, list):
            return [f"{where}: not an array"]
        return [w for i, v in enumerate(value) for w in compare(f"{where}[{i}]", v, due[0])]
    good = isinstance(value, due) and (due is not int or not isinstance(value, bool))
    return [] if good else [f"{where}: {value!r} is not {due.__name__}"]


def grade(score):
    return next(g for g, least in
                [("A", 95), ("B", 85), ("C", 70), ("D", 50), ("F", 0)] if score >= least)


def tally(findings, worst_case):
    """The score counted anew from the findings: its value, gate and the points of each."""
    weighed = []
    for f in findings:
        s = f["could_be"] if worst_case and f["severity"] == "unknown" else f["severity"]
        weighed.append((f, s if f["muted"] is None and f["cause"] is None else "pass"))
    left = {}
    for f, s in weighed:
        left.setdefault(f["area"], CAPS.get(f["area"], OTHER_CAP))
        if s == "critical":
            left[f["area"]] = CRITICAL_CAP
    points = []
    for f, s in weighed:
        all_of_it = s != f["severity"] and f["could_be_several"] and POINTS.get(s, 0)
        cost = left[f["area"]] if all_of_it else min(POINTS.get(s, 0), left[f["area"]])
        left[f["area"]] -= cost
        points.append(cost)
    value = max(0, 100 - sum(points))
    for severity, most in GATES:
        if value > most and any(SEVERITIES.index(s) >= SEVERITIES.index(severity)
                                for _, s in weighed):
            return most, severity, points
    return value, None, points


def compare_score(report):
    wrong = []
    score, findings = report["score"], report["findings"]
    value, gate, points = tally(findings, False)
    lowest, _, _ = tally(findings, True)
    due = {"value": value, "lowest": lowest, "grade": grade(value), "lowest_grade": grade(lowest),
           "gate": gate}
    for key, v in due.items():
        if score[key] != v:
            wrong.append(f"score.{key}: {score[key]!r}, but the findings make {v!r}")
    if points != [f["points"] for f in findings]:
        wrong.append(f"points: {[f['points'] for f in findings]}, but due are {points}")
    listed = [{"rule": f["rule"], "area": f["area"], "points": p}
              for f, p in zip(findings, points) if p > 0]
    if score["deductions"] != listed:
        wrong.append("score.deductions do not itemise the findings' points")
    verdict = max([SEVERITIES.index(f["severity"]) for f in findings if f["muted"] is None] + [0])
    if report["verdict"] != SEVERITIES[verdict]:
        wrong.append(f"verdict: {report['verdict']}, but the worst is {SEVERITIES[verdict]}")
    return wrong


def compare_findings(report):
    wrong = []
    findings = report["findings"]
    order = [(-SEVERITIES.index(f["severity"]), f["rule"], f["subject"]) for f in findings]
    as_bytes = [(s, r.encode(), t.encode("utf-8", "surrogatepass")) for s, r, t in order]
    if as_bytes != sorted(as_bytes):
        wrong.append("findings: not sorted by severity, rule, subject")
    for f in findings:
        where = f"{f['rule']} ({f['subject']})"
        if f["rule"].split(".")[0] != f["check"]:
            wrong.append(f"{where}: not a rule of check {f['check']}")
        if (f["severity"] == "unknown") != (f["could_be"] is not None):
            wrong.append(f"{where}: could_be is {f['could_be']} at severity {f['severity']}")
        if (f["severity"] == "pass") != (f["fix"] is None) and f["muted"] is None:
            wrong.append(f"{where}: fix is {f['fix']!r} at severity {f['severity']}")
        if f["fix"] is not None and "{" in f["fix"].replace("%{", ""):
            wrong.append(f"{where}: placeholder left in {f['fix']!r}")
        if "\n" in f["evidence"] or "\t" in f["evidence"]:
            wrong.append(f"{where}: evidence of several lines")
        place = f["place"]
        if place is not None and place["offset"] + place["length"] > len(
                place["record"].encode("utf-8", "surrogatepass")):
            wrong.append(f"{where}: the place lies outside its record")
    ids = {}
    for f in findings:
        other = ids.setdefault(f["id"], f)
        if (other["rule"], other["subject"]) != (f["rule"], f["subject"]):
            wrong.append(f"id {f['id']}: both {other['rule']} and {f['rule']}")
        elif other is not f:
            wrong.append(f"{f['rule']} ({f['subject']}): reported twice")
    return wrong


def compare_status(report):
    wrong = []
    score = report["score"]
    given_up = any(f["rule"] == "audit.abandoned" for f in report["findings"])
    if (report["status"] == "complete") != (score["unanswered"] == 0 and not given_up):
        wrong.append(f"status: {report['status']} with {score['unanswered']} unanswered")
    if score["unanswered"] > score["questions"]:
        wrong.append("score.unanswered: more than questions")
    if (report["failure"] is not None) != (report["status"] == "failed"):
        wrong.append(f"failure: {report['failure']!r} with status {report['status']}")
    return wrong


def check(line):
    """Complaints about one report: a line of JSON, as printed."""
    if line.count("\n") != 1 or not line.endswith("\n"):
        return ["not one line"]
    try:
        line.encode("utf-8")
        report = json.loads(line, object_pairs_hook=unique)
    except ValueError as e:
        return [f"not JSON: {e}"]
    wrong = compare("report", report, REPORT)
    if wrong:
        return wrong
    for name, part in report["checks"].items():
        wrong += compare(f"checks.{name}", part, CHECKS.get(name, Open({})))
    wrong += compare_findings(report) + compare_status(report)
    if report["status"] != "failed":
        wrong += compare_score(report)
    return wrong


def unique(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key twice: {keys}")
    return dict(pairs)
