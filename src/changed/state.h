/* SPDX-License-Identifier: MIT */
/*
 * state.h - what --changed remembers between two runs: every finding and pass as it was when it was
 * last answered, and what gave no answer, since when.
 *
 * The file is JSON of our own, one object with the key "mailaudit-state", its version. Texts are
 * UTF-8: a byte from outside that is none stands there as the character of its number, as in the
 * report. All of a state lives in one arena.
 */
#ifndef MA_CHANGED_STATE_H
#define MA_CHANGED_STATE_H

#include "../finding.h"

#include <stdio.h>

#define MA_STATE_VERSION   1
#define MA_STATE_BYTES_MAX (16u * 1024 * 1024) /* of a state file */

struct ma_words {
    const char **items;
    size_t count, room;
};

/* A finding or a pass, never an UNKNOWN. */
struct ma_known {
    const char *id, *rule, *check, *title;
    const char *cause; /* or NULL */
    enum ma_severity severity;
    int own_points; /* as in struct ma_finding */
    bool muted;
    struct ma_words subjects; /* the first is the one of the id */
    struct ma_words beside;   /* what was unanswered beside it when it was last seen, by name */
    const struct ma_finding *found; /* in this run's report; NULL: remembered */
};

/* A look that failed: an UNKNOWN rule and one of its subjects. */
struct ma_silence {
    const char *name; /* rule, blank, subject */
    const char *rule, *check, *title, *subject;
    int64_t since_secs; /* the audit's clock when it began */
    bool told;          /* that it lasts */
    bool not_asked;     /* by the user's own choice: never told */
};

struct ma_state {
    struct ma_arena *arena;
    const char *domain, *role;
    int score;
    char grade;
    struct ma_words addresses; /* sorted */
    struct ma_words checks;    /* that ran */
    struct ma_words beside;    /* what was unanswered when role and addresses were last seen */
    struct ma_known *known;
    size_t known_count, known_room;
    struct ma_silence *silences;
    size_t silence_count, silence_room;
};

/* Adds to a list. Without memory the arena's way out is taken, or nothing is added: false. */
bool ma_words_add(struct ma_arena *, struct ma_words *, const char *text);
bool ma_words_has(const struct ma_words *, const char *text);
struct ma_known *ma_state_add_known(struct ma_state *);     /* zeroed; NULL without memory */
struct ma_silence *ma_state_add_silence(struct ma_state *); /* the same */

/* Reads the text of a state file; path is for err: "PATH:LINE:COLUMN: what" where it is no JSON,
   "PATH: PLACE: what" where it is not what we write. */
bool ma_state_read(struct ma_state *, const char *path, const char *text, FILE *err);
/* The text of the file, or NULL without memory; to be freed. */
char *ma_state_text(const struct ma_state *);

#endif
