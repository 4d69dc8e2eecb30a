"""`engage bench`: measures the real processes on this machine, beside a reference in the same run."""
