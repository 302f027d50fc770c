"""The questions of lenders, utilities and ministries, each with the command and the function that answer it."""
