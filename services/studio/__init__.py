"""Making images: generations, the job behind them, and styles."""
