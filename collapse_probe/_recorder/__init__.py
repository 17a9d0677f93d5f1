"""From a training step to the pipeline that stores and analyses it."""

from ._assemble import Assembler as Assembler
from ._by_hand import scalar as scalar
from ._call import Call as Call
from ._call import Player as Player
from ._call import thin as thin
from ._chunk import Chunk as Chunk
from ._chunk import StepRecord as StepRecord
from ._notices import say as say
from ._notices import warn as warn
from ._options import Options as Options
from ._options import ProbeOptions as ProbeOptions
from ._options import parse_options as parse_options
from ._pipeline import Pipeline as Pipeline
from ._pool import Pool as Pool
from ._probe import Probe as Probe
from ._reservoir import rows_of as rows_of
from ._stored import observe_stored as observe_stored
from ._transfer import Transfer as Transfer
from ._worker import Capture as Capture
from ._worker import Worker as Worker
