"""`elsipo doctor`: what this machine has and lacks, and the command that gets it. Needs no display and no sound."""
