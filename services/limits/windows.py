"""A sliding minute, estimated from two fixed ones.

The calls of the last 60 seconds are those of this minute, and of the minute before the share that
60 seconds still reach back into, as if they had come evenly: two numbers a counter, not a list.
"""

from dataclasses import dataclass

MINUTE = 60.0  # seconds


@dataclass(slots=True)
class Window:
    """Calls of one counter in `minute` (whole minutes since 1970) and in the one before."""

    minute: int
    current: int = 0
    previous: int = 0

    def turn(self, minute: int) -> None:
        """Go on to a later minute."""
        if minute > self.minute:
            self.previous = self.current if minute == self.minute + 1 else 0
            self.minute, self.current = minute, 0

    def used(self, elapsed: float) -> float:
        """Calls in the last 60 seconds. elapsed: seconds since this minute began."""
        return round(self.current + self.previous * (1 - elapsed / MINUTE), 6)

    def wait(self, limit: int, elapsed: float) -> float:
        """Seconds until one more call fits into `limit`, if no other comes."""
        if self.current < limit:
            return _decay(self.previous, limit - self.current - 1) - elapsed
        return MINUTE - elapsed + _decay(self.current, limit - 1)

    def learn(self, minute: int, count: int) -> None:
        """All processes together had at least this many."""
        if minute == self.minute:
            self.current = max(self.current, count)
        elif minute == self.minute - 1:
            self.previous = max(self.previous, count)


def _decay(calls: int, room: int) -> float:
    """Seconds into a minute at which at most `room` of the minute before's calls still count."""
    return MINUTE * max(0.0, 1 - room / calls) if calls else 0.0
