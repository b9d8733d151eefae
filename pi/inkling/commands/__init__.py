"""The work behind each command of the command line: one file a command, each with `run(args)`."""
