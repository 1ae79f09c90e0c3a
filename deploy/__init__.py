"""How it is put together: the command line, all in one process, loading, topics, and what is written from the code."""
