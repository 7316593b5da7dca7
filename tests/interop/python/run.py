"""Runs all tests of this folder."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

program = unittest.main(None, argv=["run.py", "discover", "-s", HERE], exit=False)
sys.stderr.flush()
# The older client leaves threads behind that wait for minutes.
os._exit(not program.result.wasSuccessful())
