//! The day that a page shows, and that it says so when that is another than today.

use jiff::civil::Date;
use web::extract::Fields;
use web::view::{Frame, Said, long_day_words};

/// The day that a query asks for, and whether it named one that cannot be read.
pub(crate) fn day_of(query: &Fields, today: Date) -> (Date, bool) {
    match query.text("on") {
        "" => (today, false),
        _ => query.day("on").map_or((today, true), |d| (d, false)),
    }
}

/// The frame with what must be known of the day: that it is another, or could not be read.
pub(crate) fn dated(frame: Frame, path: &str, query: &Fields, on: Date, today: Date, unread: bool) -> Frame {
    if unread {
        frame.noting(Said::new("看不懂要看哪一天，先按今天的样子显示。请从日历里选一天。"))
    } else if on == today {
        frame
    } else {
        frame.noting(
            Said::new(format!("这一页是 {} 的样子，不是今天的。", long_day_words(on)))
                .link("回到今天", format!("{path}{}", query.with("on", ""))),
        )
    }
}
