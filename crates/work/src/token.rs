//! Random words that open something.

/// 256 random bits in hexadecimal: what a cookie or a link holds. The store knows their SHA-256 only.
#[must_use]
pub fn token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}
