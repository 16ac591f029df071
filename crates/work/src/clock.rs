//! The only place of the server that reads the time.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Where the server takes the time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// Stands on one day, for the demonstration: the date is that day, the time of day goes on.
    Standing(Date),
}

/// China's time zone. Its offset has not changed since 1991, before anything that is recorded here, so that no time zone data is needed.
#[must_use]
pub fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The day in China on which `at` falls.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(china()).date()
}

impl Clock {
    /// The machine's time, standing clock or not: for sign-in, lock-out and sessions, which must go on while the demonstration's day stands.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the server's clock")]
    pub fn wall(self) -> Timestamp {
        Timestamp::now()
    }

    /// The present instant, for everything that is recorded.
    #[must_use]
    pub fn now(self) -> Timestamp {
        let wall = self.wall();
        match self {
            Self::Real => wall,
            Self::Standing(day) => {
                let time = wall.to_zoned(china()).time();
                day.to_datetime(time).to_zoned(china()).map_or(wall, |z| z.timestamp())
            }
        }
    }

    /// The present day in China.
    #[must_use]
    pub fn today(self) -> Date {
        match self {
            Self::Real => day_of(self.wall()),
            Self::Standing(day) => day,
        }
    }
}

/// The instant `minutes` before `at`.
#[must_use]
pub fn minutes_before(at: Timestamp, minutes: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MIN)
}

/// The instant `minutes` after `at`.
#[must_use]
pub fn minutes_after(at: Timestamp, minutes: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_chinas() {
        let late: Timestamp = "2022-03-31T16:30:00Z".parse().unwrap();
        assert_eq!(day_of(late), Date::constant(2022, 4, 1));
    }

    #[test]
    fn a_standing_clock_stays_on_its_day() {
        let clock = Clock::Standing(Date::constant(2022, 9, 30));
        assert_eq!(clock.today(), Date::constant(2022, 9, 30));
        assert_eq!(day_of(clock.now()), clock.today());
    }
}
