"""What the arrays of this stage hold: records, values and numbers of them."""

import numpy as np
import numpy.typing as npt

#: Places of values, -1 (NULL) for none.
Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

#: Numbers of records, as small as they can be: there are tens of millions of pairs.
RecordNumbers = npt.NDArray[np.signedinteger]

#: The code of no value.
NULL = -1
