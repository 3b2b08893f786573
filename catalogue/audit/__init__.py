"""What can my agents call? From the configurations of MCP clients to a report on the servers that they load."""
