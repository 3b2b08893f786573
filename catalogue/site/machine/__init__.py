"""What programs read: twins, feeds, badges, pictures, Markdown, dumps, lists of all files. Knows no database."""
