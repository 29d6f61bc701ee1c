"""What stock linters do not know about the templates of this project.

A template says again what the code says: which keys the table has, what each role may do, which
documents sessions are opened with, which routes there are. Every rule here holds one such thing
against the code, or against a file of `facts/` that the code's own tests are held against.

Rules look at templates as CloudFormation would see them: with SAM expanded (`loading`), and with
parameters, conditions and functions such as `Fn::Sub` worked out (`evaluating`). They do so for
several sets of parameters (`houses`), because a rule that holds with every option off may not hold
with one on.
"""
