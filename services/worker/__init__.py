"""The worker: the clock, the dispatch and the sender, with arq as the bell and the crons."""
