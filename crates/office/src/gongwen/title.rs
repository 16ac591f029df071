//! The lines of a title: broken by sense, shaped like a trapezoid or a diamond.

/// Characters of 2号 that fit into the width of 156 mm, with a margin so that a line never wraps by itself.
const LINE: usize = 19;

/// The title in lines. A line ends after a whole word, never before a mark or a particle or inside a number, and inside 《》 only after a name.
pub(super) fn lines(title: &str) -> Vec<String> {
    let mut rest: Vec<char> = title.chars().filter(|c| !c.is_control()).collect();
    let mut lines = Vec::new();
    // Who issues it stands on a line of its own when the whole does not fit into one.
    if rest.len() > LINE
        && let Some(about) = rest.windows(2).position(|w| w == ['关', '于'])
        && (1..=LINE).contains(&about)
    {
        lines.push(rest.drain(..about).collect());
    }
    while !rest.is_empty() {
        let wanted = rest.len().div_ceil(LINE);
        if wanted == 1 {
            lines.push(rest.iter().collect());
            break;
        }
        let target = rest.len().div_ceil(wanted);
        let most = LINE.min(rest.len() - 1);
        // What is left must still fit into one line less.
        let least = rest.len().saturating_sub(LINE * (wanted - 1)).max(1);
        let cost = |at: usize| at.abs_diff(target) + roughness(&rest, at);
        let at = (least..=most).min_by_key(|&at| cost(at)).unwrap_or(most);
        lines.push(rest.drain(..at).collect());
    }
    lines
}

/// How badly the sense is broken between `at - 1` and `at`: 0 after a word that ends a phrase.
fn roughness(title: &[char], at: usize) -> usize {
    let (before, after) = (title[at - 1], title[at]);
    let opened = title[..at].iter().filter(|&&c| matches!(c, '《' | '（' | '“')).count();
    let closed = title[..at].iter().filter(|&&c| matches!(c, '》' | '）' | '”')).count();
    if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() {
        return 100;
    }
    if "的和与及、，）》”〉年月日度".contains(after) || "《（“〈第".contains(before) {
        return 50;
    }
    let inside = if opened > closed { 2 } else { 0 };
    let ends_phrase = "的、，）》”".contains(before) || title[..at].ends_with(&['关', '于']);
    let begins = |words: &str| {
        title[at..].iter().zip(words.chars()).filter(|(a, b)| **a == *b).count() == words.chars().count()
    };
    // A span of time after the name of a plan: …要点 / 第三季度….
    let begins_span = ["上半年", "下半年", "全年"].iter().any(|words| begins(words))
        || (after == '第' && !before.is_ascii_alphanumeric() && before != '年');
    let begins_phrase = "《（“".contains(after) || begins("关于") || begins_span;
    let ends_name = ["学院", "学校", "大学", "委员会", "办公室", "支部", "总支"].iter().any(|name| {
        title[..at].iter().rev().zip(name.chars().rev()).filter(|(a, b)| *a == b).count()
            == name.chars().count()
    });
    if ends_phrase || begins_phrase || ends_name {
        inside
    } else if "年度会".contains(before) {
        inside + 3
    } else {
        inside + 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_breaks_by_sense() {
        let shown = |title: &str| lines(title).join("/");
        assert_eq!(shown("关于召开例会的通知"), "关于召开例会的通知");
        assert_eq!(
            shown("青禾职业学院委员会办公室关于2026年第三季度党建工作要点落实情况的通报"),
            "青禾职业学院委员会办公室/关于2026年第三季度/党建工作要点落实情况的通报"
        );
        assert_eq!(
            shown("关于2026年党建工作要点第三季度落实情况的通报"),
            "关于2026年党建工作要点/第三季度落实情况的通报"
        );
        assert_eq!(
            shown("关于2026年党建工作要点上半年落实情况的通报"),
            "关于2026年党建工作要点/上半年落实情况的通报"
        );
        assert_eq!(
            shown("关于印发《青禾职业学院实训场所管理办法（试行）》的通知"),
            "关于印发《青禾职业学院/实训场所管理办法（试行）》的通知"
        );
    }

    #[test]
    fn no_line_is_longer_than_the_page_is_wide_and_nothing_is_lost() {
        for length in 1..120 {
            let title: String = "关于开展2026年度安全检查工作的通知、".chars().cycle().take(length).collect();
            let lines = lines(&title);
            assert_eq!(lines.concat(), title);
            assert!(lines.iter().all(|l| (1..=LINE).contains(&l.chars().count())), "{lines:?}");
        }
    }
}
