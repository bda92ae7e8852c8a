"""xgboost of this interpreter, or else Debian's python3-xgboost alone, without the packages that lie beside it and are built for another numpy."""

import importlib.util
import sys
from pathlib import Path

DEBIAN = Path("/usr/lib/python3/dist-packages/xgboost")


def load():
    try:
        import xgboost
    except ImportError:
        spec = importlib.util.spec_from_file_location("xgboost", DEBIAN / "__init__.py", submodule_search_locations=[str(DEBIAN)])
        if spec is None or not DEBIAN.exists():
            raise
        xgboost = importlib.util.module_from_spec(spec)
        sys.modules["xgboost"] = xgboost
        spec.loader.exec_module(xgboost)
    return xgboost
