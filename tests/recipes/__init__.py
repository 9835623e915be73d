"""Recipes: companies of real and public data, laid by the commands of their pages."""
