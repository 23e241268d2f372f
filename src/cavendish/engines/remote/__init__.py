"""Remote engines: Google, OpenAI, and any server with OpenAI's image routes."""
