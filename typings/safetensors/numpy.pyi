from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

def save(
    tensor_dict: Mapping[str, npt.NDArray[np.generic]], metadata: Mapping[str, str] | None = None
) -> bytes: ...
