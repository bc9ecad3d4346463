"""Specs for what runs already: a service of AWS in, the user's file out."""
