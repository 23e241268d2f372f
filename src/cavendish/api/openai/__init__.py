"""The OpenAI dialect: images, chat completions with images, and Google's OpenAI-compatible prefix."""
