"""Screening: people's decisions on reports, their agreement, and the order in which unread reports are offered."""
