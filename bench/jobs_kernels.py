"""Support vector machines with kernels, and the plain linear models."""
import numpy as np

from common import columns, compare, load, made


def ring(n, d=20):
    """Twenty columns of which ten tell two classes apart, with noise: about a fifth of the rows become support vectors."""
    from sklearn.datasets import make_classification
    x, y = make_classification(n, d, n_informative=10, n_redundant=4, flip_y=0.05, random_state=7)
    return (x - x.mean(0)) / x.std(0), y.astype(float)


def svc_rbf():
    from sklearn.svm import SVC
    x, y = ring(20000)
    load("tk", np.column_stack([x, y]))
    compare("SVC rbf 20k x 20", "tk", 21, 0, f"SELECT uprofile_model_info(uprofile_svm({columns(20)}, c21 = 1, '{{\"kernel\": \"rbf\"}}'))->'objective' FROM tk",
            lambda a, _: SVC(cache_size=200).fit(a[:, :20], a[:, 20]), 0.3,
            lambda out, m: f"dual objectives: LIBSVM {0.5 * dual(m) - np.abs(m.dual_coef_).sum():.3f}, {float(out):.3f}")


def dual(m):
    from sklearn.metrics.pairwise import rbf_kernel
    a = m.dual_coef_[0]
    return a @ rbf_kernel(m.support_vectors_, m.support_vectors_, m._gamma) @ a


def svc_linear():
    from sklearn.svm import SVC
    x, y = ring(20000)
    load("tk", np.column_stack([x, y]))
    compare("SVC linear 20k x 20", "tk", 21, 0, f"SELECT uprofile_model_info(uprofile_svm({columns(20)}, c21 = 1, '{{\"loss\": \"hinge\"}}'))->'coef' FROM tk",
            lambda a, _: SVC(kernel="linear", cache_size=200).fit(a[:, :20], a[:, 20]), 0.02,
            lambda out, m: f"largest difference of coefficients {np.abs(np.array(eval(out)) - m.coef_[0]).max():.1e} of {np.abs(m.coef_).max():.2f}")


def linear():
    from sklearn.linear_model import LinearRegression
    x, y = made(1000000)
    load("tl", np.column_stack([x, x @ np.arange(20) + y]))
    # Two of the columns are sums of others: coefficients differ, the fit does not.
    compare("least squares 1M x 20", "tl", 21, 0, f"SELECT uprofile_model_info(uprofile_linear({columns(20)}, c21))->'r2' FROM tl",
            lambda a, _: LinearRegression().fit(a[:, :20], a[:, 20]), 0.5,
            lambda out, m: f"r2 {float(out):.9f}, scikit-learn {m.score(x, x @ np.arange(20) + y):.9f}")


def logistic():
    from sklearn.linear_model import LogisticRegression
    x, y = made(500000)
    load("tl", np.column_stack([x, y]))
    compare("logistic 500k x 20", "tl", 21, 0, f"SELECT uprofile_model_info(uprofile_logistic({columns(20)}, c21 = 1))->'coef' FROM tl",
            lambda a, _: LogisticRegression(tol=1e-6).fit(a[:, :20], a[:, 20]), 1.0,
            lambda out, m: f"largest difference of coefficients {np.abs(np.array(eval(out)) - m.coef_[0]).max():.1e}")


JOBS = {"svc_rbf": svc_rbf, "svc_linear": svc_linear, "linear": linear, "logistic": logistic}
