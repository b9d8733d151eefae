"""The doctor looks at everything Inkling needs of a machine, and says in plain words what is wrong and what to do.

`findings` is what a check says; `software`, `parts`, `health` and `service` are the checks, each a function of a
Patient; `examination` is their list, whose numbers the light blinks (`blinking`).
"""
