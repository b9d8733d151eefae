"""Cuts the power at every write: records what a program does to its files, and replays each instant of it.

`recording` listens to a program with strace, `disk` is what may be left of its files after a cut at any instant, and
`works` are the programs, each with what has to hold in every such state. `python -m powercut` (in `tests`) runs them.
"""
