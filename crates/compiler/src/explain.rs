//! One page for each code: what it means, why it matters, how to mend it, an example.

/// Every code, in order.
pub const CODES: [&str; 23] = [
    "L001", "L002", "L003", "L004", "L005", "L006", "L007", "L008", "L009", "L010", "L011", "L012", "L013",
    "L014", "L015", "L016", "L017", "L018", "L019", "L020", "L021", "L022", "L023",
];

const PAGES: [&str; 23] = [
    include_str!("explain/L001.md"),
    include_str!("explain/L002.md"),
    include_str!("explain/L003.md"),
    include_str!("explain/L004.md"),
    include_str!("explain/L005.md"),
    include_str!("explain/L006.md"),
    include_str!("explain/L007.md"),
    include_str!("explain/L008.md"),
    include_str!("explain/L009.md"),
    include_str!("explain/L010.md"),
    include_str!("explain/L011.md"),
    include_str!("explain/L012.md"),
    include_str!("explain/L013.md"),
    include_str!("explain/L014.md"),
    include_str!("explain/L015.md"),
    include_str!("explain/L016.md"),
    include_str!("explain/L017.md"),
    include_str!("explain/L018.md"),
    include_str!("explain/L019.md"),
    include_str!("explain/L020.md"),
    include_str!("explain/L021.md"),
    include_str!("explain/L022.md"),
    include_str!("explain/L023.md"),
];

/// The page of a code (`L009`, in either case), in Chinese, as Markdown; none when there is no such code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let at = CODES.iter().position(|c| c.eq_ignore_ascii_case(code.trim()))?;
    PAGES.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_with_all_its_parts() {
        for code in CODES {
            let page = explain(code).unwrap();
            assert!(page.starts_with(&format!("# {code} ")), "{code}");
            for part in ["## 是什么", "## 为什么", "## 怎么改", "## 例"] {
                assert!(page.contains(part), "{code}: {part}");
            }
        }
        assert_eq!(explain("l009"), explain("L009"));
        assert_eq!(explain("L999"), None);
    }
}
