//! 任务: what was asked for and goes on beside the pages.

mod list;

pub(crate) use list::routes;
