//! Random words that open something, and bytes as digits.

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        // Writing into a string cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The bytes of hexadecimal digits; none when they are none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// 256 random bits in hexadecimal: what a cookie or a link holds. The store knows their SHA-256 only.
#[must_use]
pub fn token() -> String {
    hex(&rand::random::<[u8; 32]>())
}
