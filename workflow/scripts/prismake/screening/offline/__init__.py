"""Screening away from the page: a batch out as a table or RIS, labelled files in, also those of Rayyan and Covidence."""
