/* SPDX-License-Identifier: MIT */
/* To be replaced by zone.c, zonefile.c and recording.c, which are on their way. */
#include "recording.h"
#include "sources.h"

struct ma_zones *ma_zones_new(void)
{
    return NULL;
}

bool ma_zones_add(struct ma_zones *z, const char *spec, FILE *err)
{
    (void)z;
    fprintf(err, "%s: zone files are not read yet\n", spec);
    return false;
}

void ma_zones_open(struct ma_source *source, struct ma_zones *z)
{
    (void)z;
    ma_offline_open(source);
}

bool ma_replay_open(struct ma_source *source, const char *dir, FILE *err)
{
    (void)source;
    fprintf(err, "%s: recordings are not read yet\n", dir);
    return false;
}

bool ma_recording_write(const char *dir, const struct ma_audit *a, FILE *err)
{
    (void)a;
    fprintf(err, "%s: recordings are not written yet\n", dir);
    return false;
}
