"""A report in the forms that others read: one module each, which makes plain values or lines of text.

They leave hidden and control characters to whoever writes them out (`catalogue.cli.terminal`), and escape what has a
meaning in their own form.
"""
