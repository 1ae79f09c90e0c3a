"""Who calls and what they may: tokens, areas of a caller, the development issuer, keyed digests, TLS."""
