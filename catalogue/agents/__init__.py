"""The catalogue as an MCP server: what agents may ask it, and what it answers.

Reads only. Third parties wrote most of what it holds, and it answers models: their words stand in fields of their own
(`answers`), and never among ours. A tool is added with a question, an answer, a function that answers it, and a line in
`offers`.
"""
