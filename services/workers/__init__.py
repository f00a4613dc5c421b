"""GPU workers that ask this installation for work: their keys, and what they take and bring."""
