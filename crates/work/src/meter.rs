//! What was asked of this process, counted: by class of route and status, and how long the answers took. Of nobody by
//! name, and of no address but the first word of its route.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::state::Work;

/// Upper ends of the classes of time, in milliseconds.
const UP_TO: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/// How long the answers of one class took.
#[derive(Clone, Debug, Default)]
struct Times {
    /// How many of each class of time; those that took longer than all are in the count alone.
    within: [u64; UP_TO.len()],
    count: u64,
    micros: u128,
}

#[derive(Debug, Default)]
struct Counted {
    answers: BTreeMap<(String, u16), u64>,
    times: BTreeMap<String, Times>,
}

/// What was asked of this process.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Counted>);

impl Meter {
    /// Counts an answer to a route (its pattern, empty for none), with its status and the time that it took.
    pub fn count(&self, route: &str, status: u16, took: Duration) {
        let class = class_of(route);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *all.answers.entry((class.to_owned(), status)).or_default() += 1;
        let times = all.times.entry(class.to_owned()).or_default();
        times.count += 1;
        times.micros += took.as_micros();
        if let Some(place) = UP_TO.iter().position(|ms| took <= Duration::from_millis(*ms))
            && let Some(n) = times.within.get_mut(place)
        {
            *n += 1;
        }
    }

    /// All of it in the text form of Prometheus.
    #[must_use]
    pub fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        head(&mut out, "luoshi_requests_total", "counter", "Answers by class of route and status.");
        for ((class, status), n) in &all.answers {
            let _ = writeln!(out, "luoshi_requests_total{{route=\"{class}\",status=\"{status}\"}} {n}");
        }
        let name = "luoshi_request_duration_seconds";
        head(&mut out, name, "histogram", "Time to the answer by class of route.");
        for (class, Times { within, count, micros }) in &all.times {
            let mut sum = 0;
            for (ms, n) in UP_TO.iter().zip(within) {
                sum += n;
                let _ = writeln!(
                    out,
                    "{name}_bucket{{route=\"{class}\",le=\"{}\"}} {sum}",
                    seconds(u128::from(*ms) * 1000)
                );
            }
            let _ = writeln!(out, "{name}_bucket{{route=\"{class}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "{name}_sum{{route=\"{class}\"}} {}", seconds(*micros));
            let _ = writeln!(out, "{name}_count{{route=\"{class}\"}} {count}");
        }
        out
    }
}

/// The first word of a route's pattern.
fn class_of(route: &str) -> &str {
    match route.split('/').nth(1) {
        None => "none",
        Some("") => "home",
        Some(word) => word,
    }
}

fn seconds(micros: u128) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The two lines before the figures of one name.
pub fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

impl Work {
    /// What was asked of this process.
    #[must_use]
    pub fn meter(&self) -> Arc<Meter> {
        self.kept()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_the_first_word_of_their_route() {
        let meter = Meter::default();
        for (route, status, ms) in [
            ("/entries/{id}", 200, 5),
            ("/entries", 200, 6),
            ("/entries", 404, 20_000),
            ("/", 303, 1),
            ("", 404, 1),
        ] {
            meter.count(route, status, Duration::from_millis(ms));
        }
        let text = meter.text();
        let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        has("luoshi_requests_total{route=\"entries\",status=\"200\"} 2");
        has("luoshi_requests_total{route=\"entries\",status=\"404\"} 1");
        has("luoshi_requests_total{route=\"home\",status=\"303\"} 1");
        has("luoshi_requests_total{route=\"none\",status=\"404\"} 1");
        has("luoshi_request_duration_seconds_bucket{route=\"entries\",le=\"0.005\"} 1");
        has("luoshi_request_duration_seconds_bucket{route=\"entries\",le=\"0.01\"} 2");
        has("luoshi_request_duration_seconds_bucket{route=\"entries\",le=\"10\"} 2");
        has("luoshi_request_duration_seconds_bucket{route=\"entries\",le=\"+Inf\"} 3");
        has("luoshi_request_duration_seconds_sum{route=\"entries\"} 20.011");
        has("luoshi_request_duration_seconds_count{route=\"entries\"} 3");
        assert_eq!(text.matches("# TYPE").count(), 2);
    }
}
