"""Makes the SDK's typed verbs from the agents' own actions, so that a new one costs nothing there.

What is announced decides: a verb has the action's name, its params and its description, and
returns a frozen value in the shape of the schema of its result. `types.py` turns schemas into
annotations, `verbs.py` writes one method, `modules.py` puts the files together.
"""
