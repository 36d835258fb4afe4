"""tradeoms: a buy-side trading order management system."""

__version__ = "0.1.0"
