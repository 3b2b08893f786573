"""Lists a target's tools: JSON-RPC over HTTP and stdio, packages in a sandbox. Never calls a tool."""
