/*
 * svm_kept.h - what trainings of support vector machines on the same rows share (reuse.h)
 */
#ifndef UPROFILE_SVM_KEPT_H
#define UPROFILE_SVM_KEPT_H

#include "learn/learner.h"
#include "learn/svm/svm_store.h"
#include "learn/svm/svm_work.h"
#include "prep/make_rows.h"

/* A linear machine's problem but for C and the loss, and where its last solution is. */
typedef struct UpSvmMachine
{
	double *y, *cost, *scores; /* one a row */
	double *w;                 /* width values */
	double constant;           /* of the rows that matrix and end were made with */
	struct UpSvmMatrix matrix; /* of these costs */
	UpSvmEnd end;
	char *family; /* of the solution, or NULL */
	char *
		class_costs; /* the parameter that y and cost are made by; NULL: that of a class against the rest, or none */
	uint32_t stage;
} UpSvmMachine;

typedef struct UpSvmKept
{
	bool planned;
	UpRowsPlan plan;
	double constant;
	UpMadeRows made;
	double *labels;        /* NULL: there are no rows yet */
	UpSvmMachine *machine; /* the only one; NULL: there is none yet */
	UpKernelStores *kernels;
} UpSvmKept;

/* NULL: nothing is shared. */
extern UpSvmKept *up_svm_kept(struct UpReuse *reuse);
/* How the rows will stand: as those that are kept. */
extern UpRowsPlan up_svm_plan_rows(const UpFit *fit, bool may_list);
/* The rows and their labels: those that are kept, or made and, where there is room, kept. */
extern UpMadeRows up_svm_make_rows(const UpFit *fit, const UpRowsPlan *plan, double constant, double **labels);
/* A machine for rows with this constant: the one that is kept; or a new one, which is kept if it is the only one and there is room. */
extern UpSvmMachine *up_svm_machine(const UpFit *fit, size_t width, double constant, bool only);
/* A text of the machine, which may be kept: family or class_costs. */
extern void up_svm_keep_text(const UpFit *fit, const UpSvmMachine *m, char **text, const char *to);
/* Sets the weights that it begins with: what is known stays so where these are the weights where it ended. */
extern void up_svm_begin_at(UpSvmMachine *m, const char *family, const double *w, size_t width);

#endif
