"""Export targets: a policy in the words of the clients and gateways that people have.

The way of a policy: `naming` gives its tools the names that the target knows them by, `lowering` makes of it a policy
that the target can say, never a looser one, and notes what is lost; the target's own module writes down exactly that.
So a target decides nothing: it says what it can say (`Abilities`), and how that is written.

A target is added with

1. one file here: an `ExportTarget`, with a `write` that takes a lowered policy and returns edits of a file that others
   write in, too (`catalogue.editing`), or the text of a file of its own;
2. a line in `table`;
3. an interpreter in `tests/policies/targets/`: what the target itself does with the file, by a package of its own where
   there is one, or else by its documentation. Every tool of the corpus is held to it there.

What a target cannot say is never left out silently: take the need out of `Abilities.says`, or narrow it with `compares`
and `counts`, and the stricter choice, the loss report and the documentation follow.
"""
