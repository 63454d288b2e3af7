"""The connectors: what joins syncsvc to P6, Jira and published lists; syncsvc/wiring chooses among them."""
