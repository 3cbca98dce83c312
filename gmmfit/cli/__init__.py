"""The commands: read, call, write. The only folder that knows click; imports everything below it."""
