"""Other people's software at the other end: how tests start it, talk to it, and see that it is gone again."""
