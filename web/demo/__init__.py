"""The seeded organisation: how a newcomer meets the product, and how the product meets itself.

`script` runs a whole term, election, committee, confidence and satisfaction, without a person;
every voter and every trustee comes in through HTTP, with the same tools that people have. `tour`
runs the first half of a term the same way and leaves a confidence ballot open for whoever looks
around.
"""
