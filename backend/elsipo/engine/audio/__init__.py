"""Sound: where it comes from and goes to, tones, and measuring what comes back."""
