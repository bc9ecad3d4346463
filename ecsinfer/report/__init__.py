"""Event sinks and the plan view; the only room that draws."""
