//! Numbers as people write them.

/// A number as people read it: 1,293.
#[must_use]
pub fn figure(n: impl Into<u64>) -> String {
    let digits = n.into().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A number in thousandths as people write it: 1.5.
#[must_use]
pub fn decimal(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, (thousandths % 1000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_by_three() {
        assert_eq!([0_u64, 999, 1000, 1_234_567].map(figure), ["0", "999", "1,000", "1,234,567"]);
    }
}
