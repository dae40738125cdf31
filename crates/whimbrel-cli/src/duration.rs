//! Lengths of time as people write them.

use std::time::Duration;

/// A length of time in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) Duration);

/// Reads `60` (seconds), `1.5s`, `500ms` or `2m`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let Ok(number) = number.parse::<f64>() else {
        return Err("write a number of seconds, or a time such as `500ms` or `2m`".to_owned());
    };
    let seconds_per_unit = match unit.trim_start() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("`{unit}` is no unit of time: write `ms`, `s`, `m` or `h`")),
    };
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_or_without_a_unit() {
        let cases = [("60", 60_000), ("1.5s", 1_500), ("500ms", 500), ("2m", 120_000), ("0", 0)];
        for (text, milliseconds) in cases {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "x", "-1", "1d", "1.2.3", "99999999999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
