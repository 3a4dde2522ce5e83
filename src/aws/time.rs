//! Times as AWS writes them.

use std::time::SystemTime;

use aws_sdk_lambda::primitives::{DateTime, DateTimeFormat};

use crate::model::Moment;

/// The time of this machine.
pub fn now() -> Moment {
    of(DateTime::from(SystemTime::now()))
}

/// RFC 3339 in UTC: `2026-01-31T12:00:00Z`; `None` where its year has more than four digits.
pub fn rfc3339(moment: Moment) -> Option<String> {
    DateTime::from_secs(moment.unix()).fmt(DateTimeFormat::DateTime).ok()
}

/// To the minute, for people: `2026-01-31 12:00 UTC`; `None` as for [`rfc3339`].
pub fn minute(moment: Moment) -> Option<String> {
    let text = rfc3339(moment)?;
    let (day, time) = text.split_once('T')?;
    Some(format!("{day} {} UTC", time.get(..5)?))
}

/// As API Gateway writes the time of a request: `31/Jan/2026:12:00:00 +0000`.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
pub fn common_log(moment: Moment) -> Option<String> {
    let text = DateTime::from_secs(moment.unix()).fmt(DateTimeFormat::HttpDate).ok()?;
    let mut words = text.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(format!("{day}/{month}/{year}:{time} +0000"))
}

/// Reads RFC 3339, and the form of Lambda's `LastModified`, which writes the offset without a colon.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
pub fn read(text: &str) -> Option<Moment> {
    let text = text.strip_suffix("+0000").map_or_else(|| text.to_owned(), |time| format!("{time}Z"));
    DateTime::from_str(&text, DateTimeFormat::DateTimeWithOffset).ok().map(of)
}

/// The SDK's time, in whole seconds.
pub(super) fn of(time: DateTime) -> Moment {
    Moment::of_unix(time.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read() {
        let moment = Moment::of_unix(1_769_860_800);
        assert_eq!(rfc3339(moment).as_deref(), Some("2026-01-31T12:00:00Z"));
        assert_eq!(minute(moment).as_deref(), Some("2026-01-31 12:00 UTC"));
        for text in ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123+0000", "2026-01-31T13:00:00+01:00"] {
            assert_eq!(read(text), Some(moment), "{text}");
        }
        assert_eq!(read("yesterday"), None);
        assert_eq!(common_log(moment).as_deref(), Some("31/Jan/2026:12:00:00 +0000"));
    }
}
