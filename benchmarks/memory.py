"""The greatest memory of a process, for children of the benchmarks."""

import re
import resource
from pathlib import Path


def peak() -> int:
    """Kilobytes, since this program began: what the parent held at the fork, as getrusage counts it, is left out."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found.group(1)) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
