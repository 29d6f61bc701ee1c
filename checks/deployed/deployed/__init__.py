"""The application deployed on an emulator of AWS, and the story of one grant told through it."""
