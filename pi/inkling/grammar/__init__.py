"""What can be asked for at the command line: a file for each topic, and in it each command with its arguments."""
