"""Outages: failure rates by month and state, and sampling of forced and planned outages."""
