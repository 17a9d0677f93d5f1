"""Many ranks: which one this is, and how all of them come to stop at the same step without waiting for each other."""

from ._coordination import Coordination as Coordination
from ._coordination import Wish as Wish
from ._member import Clock as Clock
from ._place import ALONE as ALONE
from ._place import Place as Place
from ._place import place as place
