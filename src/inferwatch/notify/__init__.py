"""Telling people: what to say of a transition, how it looks in Slack, and its delivery out of the outbox."""
