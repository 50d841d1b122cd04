"""Makes the parts of the documentation that the code already knows, so that they cannot be wrong.

A page holds hand-written text around blocks between `<!-- generated: NAME -->` and
`<!-- end of NAME -->`; each block is one function of this package. `python -m docs.generator`
writes them anew, and a test fails while one of them is stale.
"""
