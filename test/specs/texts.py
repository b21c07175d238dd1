"""Real tables of which every column is text: as good as from columns of their own types."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, psql, read_csv

import pandas as pd

spec = Spec("texts")


def auc(table, target):
    return float(psql(f"SELECT metrics->>'auc' FROM uprofile_train('{table}', '{table}', target => '{target}', algorithm => 'logistic', "
                      "key => 'row_number')"))


def compare(folder, target, floor):
    path = data_file(spec, folder)
    if path is None:
        return None
    frame = read_csv(path)
    frame.columns = [c.lower() for c in frame.columns]
    texts = pd.read_csv(path, dtype=str, keep_default_na=False)
    texts.columns = frame.columns
    frame.insert(0, "row_number", range(len(frame)))
    texts.insert(0, "row_number", range(len(texts)))
    load_frame(folder, frame)
    load_frame(folder + "_text", texts)
    typed, read = auc(folder, target), auc(folder + "_text", target)
    spec.check(f"{folder}: AUC from text", read > floor and abs(read - typed) < 0.005, f"{read:.4f}, from types {typed:.4f}")
    return texts


compare("bank_marketing", "y", 0.89)
if compare("telco_churn", "churn", 0.83) is not None:
    row = "(SELECT t FROM (SELECT {0} AS tenure, t.gender, t.senior_citizen, t.partner, t.dependents, t.phone_service, t.multiple_lines, " \
          "t.internet_service, t.online_security, t.online_backup, t.device_protection, t.tech_support, t.streaming_tv, t.streaming_movies, " \
          "t.contract, t.paperless_billing, t.payment_method, t.monthly_charges, t.total_charges FROM telco_churn_text t WHERE row_number = 5) t)"
    chance = [float(psql(f"SELECT uprofile_predict_proba('telco_churn_text', {row.format(v)})")) for v in ("'72'", "'73'", "73", "NULL::text")]
    spec.check("telco_churn: a tenure never met", chance[1] == chance[2] and chance[1] < chance[0] < chance[3], str(chance))
spec.finish()
