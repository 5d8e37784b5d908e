"""Screening on a page: what a reviewer sees, decides and takes back, served to a browser on this machine."""
