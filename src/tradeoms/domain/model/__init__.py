"""Model portfolios: weights of securities and of other models, in versions that two people make."""
