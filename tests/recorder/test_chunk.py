"""What a chunk holds, and what it says that it takes."""

import numpy as np
import torch

from collapse_probe._recorder import Chunk
from collapse_probe._recorder._chunk import CAPACITY


def test_numbers_come_back_in_the_order_written_also_where_a_step_needs_a_buffer_of_its_own() -> None:
    chunk = Chunk(torch.device("cpu"))
    parts = [torch.arange(3.0), torch.arange(2.0 * CAPACITY), torch.arange(5.0).double()]
    starts = [chunk.write([part], len(part)) for part in parts]
    chunk.send(None)
    numbers = chunk.numbers()
    assert starts == [0, 3, 3 + 2 * CAPACITY]
    np.testing.assert_array_equal(numbers, torch.cat([part.float() for part in parts]).numpy())


def test_memory_is_that_of_whole_buffers_also_when_little_of_them_was_sent() -> None:
    chunk = Chunk(torch.device("cpu"))
    chunk.write([torch.zeros(3)], 3)
    chunk.send(None)
    assert chunk.nbytes == 4 * CAPACITY
    chunk = Chunk(torch.device("cpu"))
    chunk.write([torch.zeros(2 * CAPACITY)], 2 * CAPACITY)
    assert chunk.nbytes == 4 * 3 * CAPACITY
