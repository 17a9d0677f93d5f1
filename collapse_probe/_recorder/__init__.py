"""From a training step to the pipeline that stores and analyses it."""

from ._assemble import Assembler as Assembler
from ._by_hand import scalar as scalar
from ._call import Call as Call
from ._call import Player as Player
from ._call import shared_out as shared_out
from ._call import thin as thin
from ._chunk import Chunk as Chunk
from ._chunk import StepRecord as StepRecord
from ._keep_best import Keeper as Keeper
from ._labels import class_indices as class_indices
from ._modules import plain as plain
from ._notices import say as say
from ._notices import warn as warn
from ._options import Options as Options
from ._options import ProbeOptions as ProbeOptions
from ._options import parse_options as parse_options
from ._pipeline import Pipeline as Pipeline
from ._pool import Pool as Pool
from ._probe import Probe as Probe
from ._random_states import random_states_kept as random_states_kept
from ._reservoir import rows_of as rows_of
from ._sheets import SHEET_ROWS as SHEET_ROWS
from ._stored import observe_stored as observe_stored
from ._transfer import Transfer as Transfer
from ._worker import Capture as Capture
from ._worker import Worker as Worker
