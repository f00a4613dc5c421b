"""A sliding minute, estimated from two fixed ones.

Calls of the last 60 seconds = calls of this minute + those of the minute before, times the share
of that minute within the last 60 seconds, as if its calls had come evenly. So a counter stores two
numbers, not a list.
"""

from dataclasses import dataclass

MINUTE = 60.0  # seconds


@dataclass(slots=True)
class Window:
    """The calls of one counter in `minute` (whole minutes since 1970) and in the minute before."""

    minute: int
    current: int = 0
    previous: int = 0

    def turn(self, minute: int) -> None:
        """Move on to a later minute."""
        if minute > self.minute:
            self.previous = self.current if minute == self.minute + 1 else 0
            self.minute, self.current = minute, 0

    def used(self, elapsed: float) -> float:
        """Return the calls in the last 60 seconds. elapsed: seconds since this minute began."""
        return round(self.current + self.previous * (1 - elapsed / MINUTE), 6)

    def wait(self, limit: int, elapsed: float) -> float:
        """Return the seconds until one more call fits into `limit`, if no other call comes."""
        if self.current < limit:
            return _decay(self.previous, limit - self.current - 1) - elapsed
        return MINUTE - elapsed + _decay(self.current, limit - 1)

    def learn(self, minute: int, count: int) -> None:
        """Raise a count to what all processes together had at least."""
        if minute == self.minute:
            self.current = max(self.current, count)
        elif minute == self.minute - 1:
            self.previous = max(self.previous, count)


def _decay(calls: int, room: int) -> float:
    """Return the seconds into a minute after which at most `room` calls of the last one count."""
    return MINUTE * max(0.0, 1 - room / calls) if calls else 0.0
