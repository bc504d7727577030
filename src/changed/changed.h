/* SPDX-License-Identifier: MIT */
/*
 * changed.h - --changed STATEFILE: only what is not as it was.
 *
 * What could not be answered is no change: the finding or the pass that stood there stays as it was
 * last known, in the score, too, until it is answered again. A question that stays unanswered for a
 * day of the audit's clock is told once, and once more when it is answered again.
 *
 * What cannot be answered may hide any finding of its own check. (What "target" or the engine
 * itself cannot answer: of any check.) A finding that has been seen beside the same silence is
 * taken for gone when it is not there any more: that silence does not hide it.
 */
#ifndef MA_CHANGED_H
#define MA_CHANGED_H

#include "../registry.h"
#include "../report/report.h"
#include "state.h"

#define MA_CHANGED_PATIENCE_SECS 86400 /* how long a silence lasts before it is told */

/* One thing to tell: subjects are those that it is true of. */
struct ma_change {
    const struct ma_known *known;
    const struct ma_known *was; /* of what changed: as it was */
    struct ma_words subjects;
};

struct ma_changes {
    struct ma_change *list;
    size_t count, room;
};

struct ma_silences {
    const struct ma_silence **list;
    size_t count, room;
};

struct ma_changed {
    const char *path;
    struct ma_arena arena;
    bool first;     /* there is no state yet */
    bool news;      /* there is something to tell */
    char *old_text; /* of the state file; NULL at first */
    struct ma_state before, after;
    struct ma_changes came, went, changed;
    struct ma_silences began, ended;
    size_t remembered; /* findings and passes that could not be answered now */
};

/* Before the audit: reads the state, if there is one, of an audit of that domain. Errors go to err,
   naming file and place; the changes are to be closed then, too. */
bool ma_changed_open(struct ma_changed *, const char *path, const char *domain, FILE *err);
/* After it: fills in news and the lists. The report and the registry outlive the changes. False
   without memory. */
bool ma_changed_compare(struct ma_changed *, const struct ma_report *, const struct ma_registry *,
    int64_t now_secs, FILE *err);
/* The text for a person; only if there are news. */
void ma_changed_print(FILE *, const struct ma_changed *, const struct ma_render_options *);
/* After it was printed: writes the state, if it is another one, whole or not at all. */
bool ma_changed_keep(struct ma_changed *, FILE *err);
void ma_changed_close(struct ma_changed *);

#endif
