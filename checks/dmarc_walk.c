/* SPDX-License-Identifier: MIT */
#include "dmarc_walk.h"

#include <string.h>

/* The name without its first label; NULL for a single label. */
static const char *parent(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '\\' && name[1] != '\0')
            name++;
        else if (*name == '.')
            return name[1] != '\0' ? name + 1 : NULL;
    }
    return NULL;
}

size_t ma_dmarc_labels(const char *name)
{
    if (strcmp(name, ".") == 0)
        return 0;
    size_t count = 0;
    for (; name != NULL; name = parent(name))
        count++;
    return count;
}

size_t ma_dmarc_walk_names(const char *domain, const char *names[static MA_DMARC_WALK_MAX])
{
    size_t labels = ma_dmarc_labels(domain), count = 0;
    if (labels == 0)
        return 0;
    names[count++] = domain;
    const char *name = parent(domain);
    for (; labels > MA_DMARC_WALK_MAX; labels--)
        name = parent(name);
    for (; name != NULL && count < MA_DMARC_WALK_MAX; name = parent(name))
        names[count++] = name;
    return count;
}

/* The suffix of domain with one label more than name has. */
static const char *one_below(const char *domain, const char *name)
{
    while (domain != NULL && parent(domain) != name)
        domain = parent(domain);
    return domain;
}

/* A walk over the steps, from the longest name. */
struct walk {
    const struct ma_dmarc_step *org; /* the step of the organizational domain, if it is one */
    const struct ma_dmarc_step *psd; /* the step with psd=y that ended the walk, above the start */
    bool lost;                       /* a question that was not answered could change it */
};

/* start: the step whose psd=y says nothing about the organizational domain, or NULL. */
static struct walk walk_up(
    const struct ma_dmarc_step *steps, size_t count, const struct ma_dmarc_step *start)
{
    struct walk w = {.org = NULL};
    for (const struct ma_dmarc_step *s = steps; s < steps + count; s++) {
        if (s->failed) {
            w.lost = true;
            return w;
        }
        if (s->record == NULL)
            continue;
        if (s->record->psd == 'y' && s != start) {
            w.psd = s;
            w.org = NULL; /* one label below, which may have no record */
            return w;
        }
        w.org = s;
        if (s->record->psd != 'u')
            return w;
    }
    return w;
}

static const struct ma_dmarc_step *step_of(
    const struct ma_dmarc_step *steps, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].name == name && steps[i].record != NULL)
            return &steps[i];
    return NULL;
}

void ma_dmarc_discover(struct ma_dmarc_found *found, const char *domain,
    const struct ma_dmarc_step *steps, size_t count)
{
    *found = (struct ma_dmarc_found){.org_domain = NULL};
    if (count == 0)
        return;
    struct walk w = walk_up(steps, count, steps);
    const struct ma_dmarc_step *org = w.org;
    if (w.psd != NULL) {
        found->org_domain = one_below(domain, w.psd->name);
        org = step_of(steps, count, found->org_domain);
    } else if (!w.lost) {
        found->org_domain = org != NULL ? org->name : domain;
    }
    found->lost = steps[0].failed;
    if (steps[0].record != NULL || found->lost) {
        found->applied = steps[0].record != NULL ? steps : NULL;
        return;
    }
    found->lost = w.lost;
    if (w.lost)
        return;
    found->applied = org != NULL ? org : w.psd;
    found->inherited = found->applied != NULL;
}

void ma_dmarc_discover_below(struct ma_dmarc_found *found, const char *domain,
    const struct ma_dmarc_step *steps, size_t count)
{
    *found = (struct ma_dmarc_found){.inherited = true};
    /* with 8 labels, the walk from below leaps over the domain itself */
    size_t from = count > 0 && ma_dmarc_labels(domain) >= MA_DMARC_WALK_MAX ? 1 : 0;
    struct walk w = walk_up(steps + from, count - from, NULL);
    found->lost = w.lost;
    if (w.lost)
        return;
    const struct ma_dmarc_step *org = w.org;
    if (w.psd > steps + from)
        org = step_of(steps + from, count - from, one_below(domain, w.psd->name));
    found->applied = org != NULL ? org : w.psd;
}
