"""Events into read models: the plain fold is the reference, the bulk fold serves backlogs and rebuilds."""
