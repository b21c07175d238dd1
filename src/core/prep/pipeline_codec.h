/*
 * pipeline_codec.h - a pipeline as model bytes
 */
#ifndef UPROFILE_PIPELINE_CODEC_H
#define UPROFILE_PIPELINE_CODEC_H

#include "prep/pipeline.h"

/* Whether a column is kept in another form than the plain one, which takes format 3. */
extern bool up_pipeline_has_forms(const UpPipeline *p);
/* forms: written with the form of each column, as from format 3 on. */
extern void up_put_pipeline(UpWriter *w, const UpPipeline *p, bool forms);
extern UpPipeline *up_get_pipeline(UpReader *r, uint16_t format);

#endif
