//! Times as migration files and the journal write them, always in UTC.

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The last millisecond of the year 9999: later ones have no four-digit year.
pub(super) const LAST: i64 = 253_402_300_799_999;

/// Writes a time as `2026-01-31T10:20:30.123Z`.
///
/// The time is in milliseconds since 1970-01-01 UTC.
///
/// ```
/// use whimbrel_core::history::iso_time;
/// assert_eq!(iso_time(1_769_854_830_123), "2026-01-31T10:20:30.123Z");
/// ```
pub fn iso_time(ms: i64) -> String {
    let Parts { year, month, day, hour, minute, second, milli } = parts(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Reads a time as [`iso_time`] writes it, with or without milliseconds.
///
/// ```
/// use whimbrel_core::history::read_iso_time;
/// assert_eq!(read_iso_time("2026-01-31T10:20:30.123Z"), Some(1_769_854_830_123));
/// assert_eq!(read_iso_time("2026-01-31T10:20:30Z"), Some(1_769_854_830_000));
/// assert_eq!(read_iso_time("2026-02-31T10:20:30Z"), None);
/// assert_eq!(read_iso_time("yesterday"), None);
/// ```
pub fn read_iso_time(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, milli) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let milli = milli.parse::<u16>().ok().map(i64::from)?;
    let ms = days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    // What is no date comes out as another one.
    let written = iso_time(ms);
    let start = text.trim_end_matches('Z').split('.').next()?;
    (ms <= LAST && written.starts_with(start)).then_some(ms)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let number = |part: &str| part.parse::<u16>().ok().map(i64::from);
    text.split(separator).map(number).collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// The days since 1970-01-01: the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Writes a time as the 14 digits that an entry's `version` is.
///
/// ```
/// use whimbrel_core::history::time_stamp;
/// assert_eq!(time_stamp(1_769_854_830_123), "20260131102030");
/// ```
pub fn time_stamp(ms: i64) -> String {
    let Parts { year, month, day, hour, minute, second, .. } = parts(ms);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

fn parts(ms: i64) -> Parts {
    let (days, rest) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    Parts {
        year,
        month,
        day,
        hour: rest / 3_600_000,
        minute: rest / 60_000 % 60,
        second: rest / 1000 % 60,
        milli: rest % 1000,
    }
}

/// The year, month and day of a number of days since 1970-01-01, after Howard
/// Hinnant's `civil_from_days`: years begin in March, so that the leap day is
/// their last (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_where_the_calendar_has_them() {
        let check = |ms, expected: &str| {
            assert_eq!(iso_time(ms), expected);
            assert_eq!(read_iso_time(expected), Some(ms));
            let digits: String = expected.chars().filter(char::is_ascii_digit).take(14).collect();
            assert_eq!(time_stamp(ms), digits);
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(951_868_800_000, "2000-03-01T00:00:00.000Z");
        check(1_709_164_799_999, "2024-02-28T23:59:59.999Z");
        check(1_709_164_800_000, "2024-02-29T00:00:00.000Z");
        check(1_735_689_599_001, "2024-12-31T23:59:59.001Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(LAST, "9999-12-31T23:59:59.999Z");
    }
}
