/*
 * tree_shap.h - exact SHAP values of one tree
 */
#ifndef UPROFILE_TREE_SHAP_H
#define UPROFILE_TREE_SHAP_H

#include "learn/tree/tree_nodes.h"

/* Points and weights of the quadrature, kept from tree to tree: zeroed at first. */
#define UP_SHAP_POINTS 32
typedef struct UpShapPoints
{
	uint32_t n;
	double numbers[4 * UP_SHAP_POINTS];
} UpShapPoints;

/*
 * Exact SHAP values (Lundberg et al. 2018, path-dependent) of the values of leaves from the first-th on: adds factor × the
 * contribution of each feature to out ((width - first) × (n_features + 1), the last one the expected value).
 */
extern void up_tree_explain(const UpTree *t, const uint8_t *codes, uint32_t n_features, uint32_t first,
							double factor, UpShapPoints *kept, double *out);

#endif
