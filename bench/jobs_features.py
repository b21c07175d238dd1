"""Correlations of all pairs of columns, and scores of columns for a target."""
import json

import numpy as np

from common import compare, load, made, rows_name, size


def worst(out, want):
    """Largest difference of what one statement answers as an array from the peer's."""
    return f"largest difference {np.max(np.abs(np.array(json.loads(out.splitlines()[-1])) - want)):.1e}"


def correlation():
    import pandas as pd
    rng = np.random.default_rng(8)
    x = rng.normal(size=(size(1000000), 20))
    x[:, 10:] += np.round(x[:, :10] * 3)
    load("co", x)
    upper = np.triu_indices(20, 1)
    for method in ("pearson", "spearman"):
        compare(f"{method} ÷ pandas, {rows_name(size(1000000))}", "co", 20, 0,
                f"SELECT json_agg(value) FROM uprofile_correlation('co', methods => '{{{method}}}')",
                lambda x, y: pd.DataFrame(x).corr(method).to_numpy()[upper], 0.5, worst)


def features():
    from sklearn.feature_selection import f_classif, mutual_info_classif
    x, y = made(size(1000000))
    load("fe", x, y.astype(float))
    answer = ("SELECT json_agg(score ORDER BY substr(feature, 2)::int) FROM uprofile_select_features('{0}', 'y', '{1}')")
    compare(f"anova_f ÷ f_classif, {rows_name(size(1000000))}", "fe", 20, 1, answer.format("fe", "anova_f"), lambda x, y: f_classif(x, y)[0], 0.5,
            lambda out, want: worst(out, want) + f" of {want.max():.3g}")
    x, y = x[:size(100000)], y[:size(100000)]
    load("fe", x, y.astype(float))
    compare(f"mutual_info ÷ mutual_info_classif, {rows_name(size(100000))}", "fe", 20, 1, answer.format("fe", "mutual_info"),
            lambda x, y: mutual_info_classif(x, y.astype(int), discrete_features=False, random_state=0), 0.5, worst)


JOBS = {"correlation": correlation, "features": features}
