"""Numbers about the readings of a few temperature sensors."""

import numpy as np
import pandas as pd


class Readings:
    def __init__(self, path):
        self.frame = pd.read_csv(path, parse_dates=["time"])

    def sensors(self):
        return sorted(self.frame["sensor"].unique().tolist())

    def summary(self):
        rows = []
        for name, group in self.frame.groupby("sensor"):
            values = group["celsius"].to_numpy()
            rows.append(
                {
                    "sensor": name,
                    "count": int(values.size),
                    "mean": round(float(values.mean()), 2),
                    "min": round(float(values.min()), 2),
                    "max": round(float(values.max()), 2),
                    "trend": round(self._slope(values), 3),
                }
            )
        return rows

    def daily(self, sensor):
        one = self.frame[self.frame["sensor"] == sensor]
        if one.empty:
            raise KeyError(sensor)
        days = one.set_index("time")["celsius"].resample("D").mean()
        return {day.strftime("%Y-%m-%d"): round(float(value), 2) for day, value in days.items()}

    @staticmethod
    def _slope(values):
        if values.size < 2:
            return 0.0
        return float(np.polyfit(np.arange(values.size), values, 1)[0])
