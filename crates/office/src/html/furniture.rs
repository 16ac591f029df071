//! What a site puts around every page, and what nobody is meant to read.

use markup::Element;
use model::Omission;

/// Why the words of an element are not to be read, as office programs write it: struck through, or hidden.
pub(super) fn omission(element: &Element) -> Option<Omission> {
    let style = element.attr("style").map(|s| {
        s.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect::<String>()
    });
    let says = |words: &str| style.as_deref().is_some_and(|s| s.contains(words));
    if matches!(element.name(), "s" | "strike" | "del") || says("line-through") {
        return Some(Omission::Struck);
    }
    let hidden = says("mso-hide:all") || says("visibility:hidden") || says("display:none");
    match element.name() {
        "tr" | "col" if hidden => Some(Omission::HiddenCells),
        "p" | "span" | "font" | "b" | "i" | "u" | "td" if hidden => Some(Omission::Hidden),
        _ => None,
    }
}

/// Elements whose words are never those of the page.
const SILENT: [&str; 24] = [
    "script", "style", "noscript", "template", "svg", "math", "nav", "footer", "aside", "form", "button",
    "select", "input", "textarea", "iframe", "object", "head", "title", "audio", "video", "canvas", "map",
    "dialog", "menu",
];

/// Parts of the names that sites give to their furniture. Whole words between hyphens and capitals.
const NAMES: [&str; 40] = [
    "nav",
    "navbar",
    "menu",
    "breadcrumb",
    "breadcrumbs",
    "crumb",
    "crumbs",
    "sidebar",
    "side",
    "share",
    "sharebar",
    "bdsharebuttonbox",
    "footer",
    "foot",
    "copyright",
    "pagination",
    "pager",
    "prev",
    "next",
    "prenext",
    "related",
    "recommend",
    "toolbar",
    "search",
    "login",
    "banner",
    "topbar",
    "sitemap",
    "friendlink",
    "links",
    "qrcode",
    "comment",
    "comments",
    "advert",
    "ads",
    "position",
    "location",
    "weizhi",
    "print",
    "backtop",
];

/// Whether an element belongs to the site, by what it is or how the site names it.
pub(super) fn is_site(element: &Element) -> bool {
    if SILENT.contains(&element.name()) || element.attr("hidden").is_some() {
        return true;
    }
    if element.attr("aria-hidden") == Some("true")
        || element
            .attr("style")
            .is_some_and(|s| s.replace(' ', "").to_ascii_lowercase().contains("display:none"))
    {
        return true;
    }
    if matches!(
        element.attr("role"),
        Some("navigation" | "banner" | "contentinfo" | "complementary" | "search" | "menu" | "menubar")
    ) {
        return true;
    }
    // The page as a whole may say that it has a sidebar.
    if matches!(
        element.name(),
        "html" | "body" | "main" | "article" | "p" | "h1" | "h2" | "td" | "tr" | "table"
    ) {
        return false;
    }
    let named = [element.attr("class"), element.attr("id")].into_iter().flatten();
    named.flat_map(str::split_ascii_whitespace).any(|name| {
        NAMES.contains(&parts(name).concat().as_str())
            || parts(name).iter().any(|p| NAMES.contains(&p.as_str()))
    })
}

/// The words of a name: main-nav, mainNav and main_nav are two each.
fn parts(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut before = ' ';
    for c in name.chars().take(200) {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            out.push(String::new());
        }
        if let (true, Some(last)) = (c.is_ascii_alphanumeric(), out.last_mut()) {
            last.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    out
}

/// Whether a line is one that sites print beside the words: where one is, how to share, what comes before and after.
pub(super) fn is_notice(line: &str) -> bool {
    let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    const STARTS: [&str; 31] = [
        "当前位置",
        "您的位置",
        "您现在的位置",
        "你的位置",
        "位置：",
        "首页>",
        "首页»",
        "首页/",
        "上一篇",
        "下一篇",
        "上一条",
        "下一条",
        "分享到",
        "分享至",
        "扫一扫",
        "扫描二维码",
        "打印本页",
        "【打印",
        "[打印",
        "关闭窗口",
        "【关闭",
        "[关闭",
        "返回顶部",
        "浏览次数",
        "点击次数",
        "点击数",
        "阅读次数",
        "字号：",
        "【字号",
        "字体：",
        "版权所有",
    ];
    const WHOLE: [&str; 11] = ["打印", "关闭", "返回", "收藏", "首页", "大", "中", "小", "分享", "A+", "A-"];
    if STARTS.iter().any(|s| line.starts_with(s)) || WHOLE.contains(&line.as_str()) {
        return true;
    }
    let is_about = [
        "发布时间：",
        "发布时间:",
        "发布日期：",
        "发布日期:",
        "更新时间：",
        "时间：",
        "日期：",
        "来源：",
        "作者：",
        "编辑：",
        "点击：",
        "浏览：",
    ]
    .iter()
    .filter(|s| line.contains(*s))
    .count();
    let starts_about = [
        "发布",
        "更新",
        "时间",
        "日期",
        "来源",
        "作者",
        "编辑",
        "点击",
        "浏览",
        "文章来源",
        "信息来源",
        "供稿",
    ]
    .iter()
    .any(|s| line.starts_with(s));
    let is_number = ["ICP备", "公网安备"].iter().any(|s| line.contains(s));
    line.chars().count() <= 120
        && ((is_about >= 2) || (is_about == 1 && starts_about && line.chars().count() <= 40) || is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        assert_eq!(parts("mainNav side-bar"), ["main", "nav", "side", "bar"]);
    }

    #[test]
    fn notices_of_sites_are_told_from_words_of_plans() {
        for line in [
            "当前位置： 首页 > 通知公告",
            "上一篇：关于放假的通知",
            "发布时间：2026-01-08 浏览次数：120",
            "来源：党委办公室",
            "【打印】【关闭】",
            "某ICP备12345号",
        ] {
            assert!(is_notice(line), "{line}");
        }
        for line in [
            "一、总体要求",
            "发布时间表并严格执行。",
            "首页改版工作6月底前完成。",
            "（责任部门：各支部）",
            "时间：3月；地点：会议室。各支部要按时间：有序组织，做好来源统计、登记和归档等各项工作。",
        ] {
            assert!(!is_notice(line), "{line}");
        }
    }
}
