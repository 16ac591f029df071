//! The invented college: its units and people, a plan, and a year of its work.
//!
//! [`make`] makes it from a seed and a plan, the same each time; [`keep`] keeps it in an empty store; [`live`] lets cases of
//! procedures run in it by the acts of the pages. The demonstration,
//! the benches and the tests of what stands below use it.

mod accounts;
mod attach;
mod chance;
mod chase;
mod check;
mod college;
mod fill;
mod keep;
mod life;
mod make;
mod material;
mod names;
mod occasion;
mod people;
#[cfg(test)]
mod tests;
mod world;
mod year;

pub use keep::{Kept, Mark, Told, held, keep, samples};
pub use life::live;
pub use make::{College, Wish, make};
