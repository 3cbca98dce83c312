"""Pictures, in files or in characters. The only folder that knows matplotlib; imports fitting and what is below."""
