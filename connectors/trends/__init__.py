"""What the world talks about: sources of trends behind one protocol (`source.TrendSource`)."""
