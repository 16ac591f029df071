use DeadlineKind::{Date as D, Event as E, Month as M, Period as P};

use super::*;

fn read_in(text: &str, setting: Setting) -> Vec<(String, DeadlineKind, Cadence)> {
    let rhythms: Vec<Range<usize>> =
        crate::cadence::rhythms(text, |_| false).into_iter().map(|r| r.range).collect();
    let terms = Reader::new(Some(2022)).terms(text, setting, |_| false, &rhythms);
    terms.into_iter().map(|t| (text[t.range].to_owned(), t.kind, t.cadence)).collect()
}

fn by(due: Due) -> Cadence {
    Cadence::By(due)
}

fn day(year: i16, month: i8, day: i8) -> Cadence {
    by(Due::Day(jiff::civil::date(year, month, day)))
}

fn before(event: &str) -> Cadence {
    Cadence::before(event)
}

#[test]
fn prose() {
    let months = |from, to| by(Due::Months { from, to });
    let md = |month, day| by(Due::MonthDay { month, day });
    for (text, words, kind, cadence) in [
        ("2020年底前将许可纳入平台", "2020年底前", P, day(2020, 12, 31)),
        ("2022年底前完成", "2022年底前", P, months(1, 12)),
        ("2021年6月底前实现", "2021年6月底前", M, day(2021, 6, 30)),
        ("2022年6月底前实现", "2022年6月底前", M, by(Due::MonthEnd { month: 6 })),
        ("确保12月底前实现", "12月底前", M, by(Due::MonthEnd { month: 12 })),
        ("按要求在本年12月底完成", "本年12月底", M, by(Due::MonthEnd { month: 12 })),
        ("相关情况年底前报国务院", "年底前", P, months(1, 12)),
        ("年终召开总结大会", "年终", P, months(1, 12)),
        ("到2023年末，建成高地", "2023年末", P, day(2023, 12, 31)),
        ("2027年前，实现脑控", "2027年前", P, day(2026, 12, 31)),
        ("七一前，选树表彰一批", "七一前", D, md(6, 30)),
        ("“七一”期间集中慰问", "“七一”期间", D, md(7, 1)),
        ("国庆前完成", "国庆前", D, md(9, 30)),
        ("春节前走访", "春节前", D, before("春节")),
        (
            "确保在2022年度民主生活会、组织生活会召开前，所有问题应改尽改",
            "在2022年度民主生活会、组织生活会召开前",
            E,
            before("2022年度民主生活会、组织生活会召开"),
        ),
        ("在党代会召开前完成", "在党代会召开前", E, before("党代会召开")),
        ("第三季度完成", "第三季度", P, months(7, 9)),
        ("四季度末通报", "四季度末", P, months(10, 12)),
        ("上半年完成换届", "上半年", P, months(1, 6)),
        ("3-5月开展调研", "3-5月", P, months(3, 5)),
        ("５月至１２月抽查", "５月至１２月", P, months(5, 12)),
        ("4月—6月开展", "4月—6月", P, months(4, 6)),
        ("3、4月集中整改", "3、4月", P, months(3, 4)),
        ("于五月底前完成", "五月底前", M, by(Due::MonthEnd { month: 5 })),
        ("4月初前完成组织生活会", "4月初前", M, md(4, 5)),
        ("10月中旬开展", "10月中旬", M, md(10, 20)),
        ("6月前完成", "6月前", M, by(Due::MonthEnd { month: 5 })),
        ("12月10日前报送", "12月10日前", D, md(12, 10)),
        ("2021年3月5日前报送", "2021年3月5日前", D, day(2021, 3, 5)),
        ("3月，公布清单", "3月", M, months(3, 3)),
        ("开学后两周内完成", "开学后两周内", E, by(Due::TermStart { days: 14 })),
        ("开学初召开会议", "开学初", P, by(Due::TermStart { days: 14 })),
        ("寒假前完成考核", "寒假前", P, before("寒假")),
        ("收到后5个工作日内答复", "收到后5个工作日内", E, Cadence::within(5, true, "收到")),
        ("自印发之日起10日内备案", "印发之日起10日内", E, Cadence::within(10, false, "印发")),
        ("6月中旬—7月上旬开展", "6月中旬—7月上旬", P, months(6, 7)),
        ("8月底至9月初迎新", "8月底至9月初", P, months(8, 9)),
        ("第一、二季度完成调研", "第一、二季度", P, months(1, 6)),
        ("最迟不超过11月15日", "11月15日", D, md(11, 15)),
        ("第15周总结", "第15周", P, by(Due::TermStart { days: 105 })),
        ("暑假期间实践", "暑假期间", P, months(7, 8)),
        ("年内完成", "年内", P, months(1, 12)),
        ("三年内建成", "三年内", P, day(2024, 12, 31)),
        ("2020年要有所突破", "2020年", P, day(2020, 12, 31)),
    ] {
        assert_eq!(read_in(text, Setting::Prose), [(words.to_owned(), kind, cadence)], "{text}");
    }
}

#[test]
fn lists_and_carried_years() {
    let words = |text| read_in(text, Setting::Prose).into_iter().map(|t| t.0).collect::<Vec<_>>();
    assert_eq!(words("上半年、三季度、四季度任务分别完成"), ["上半年", "三季度", "四季度"]);
    assert_eq!(words("3月/9月开展"), ["3月", "9月"]);
    let carried = read_in("2021年6月底前实现，12月底前推广", Setting::Prose);
    assert_eq!(carried[1].2, day(2021, 12, 31));
}

#[test]
fn cells() {
    let words = |text, setting| read_in(text, setting).into_iter().map(|t| (t.0, t.1)).collect::<Vec<_>>();
    assert_eq!(words("全年配合制度废改", Setting::Cell), [("全年".to_owned(), P)]);
    assert_eq!(words("全年", Setting::Time), [("全年".to_owned(), P)]);
    assert_eq!(words("持续推进", Setting::Time), [("持续推进".to_owned(), P)]);
    assert_eq!(words("2022年12月", Setting::Time), [("2022年12月".to_owned(), M)]);
    assert_eq!(words("12月31日", Setting::Time), [("12月31日".to_owned(), D)]);
}

#[test]
fn no_deadlines() {
    for text in [
        "压缩至4个月以内",
        "5个工作日以内办结",
        "结合《建设标准（2021年本）》",
        "落实2019—2023年规划",
        "“7·29”重要指示",
        "自2025年8月1日起施行",
        "作为全年学习的重点内容",
        "在确保安全前提下",
        "扩大前期成果",
        "2020年版目录",
        "党的十九届六中全会精神",
        "五一端午、中秋国庆等节日提醒",
        "每半年1次",
        "每年10家企业",
        "上下半年各1次",
        "2021年7月以来，工作有序",
        "第一学期",
        "近三年内未受处分",
        "全面推进六大工程",
    ] {
        assert_eq!(read_in(text, Setting::Prose), [], "{text}");
    }
}

#[test]
fn one_day_for_several_months() {
    let md = |month, day| by(Due::MonthDay { month, day });
    for (text, want) in [
        ("3月、9月的15日前报送", vec![("3月", md(3, 15)), ("9月的15日前", md(9, 15))]),
        ("3、6、9月20日前通报", vec![("3", md(3, 20)), ("6", md(6, 20)), ("9月20日前", md(9, 20))]),
        (
            "6月、12月分别自查",
            vec![("6月", by(Due::Months { from: 6, to: 6 })), ("12月", by(Due::Months { from: 12, to: 12 }))],
        ),
        (
            "4月、11月底前总结",
            vec![("4月", by(Due::Months { from: 4, to: 4 })), ("11月底前", by(Due::MonthEnd { month: 11 }))],
        ),
    ] {
        let got: Vec<_> = read_in(text, Setting::Prose).into_iter().map(|t| (t.0, t.2)).collect();
        let want: Vec<_> = want.into_iter().map(|(w, c)| (w.to_owned(), c)).collect();
        assert_eq!(got, want, "{text}");
    }
}

#[test]
fn named_days_and_the_next_year() {
    let md = |month, day| by(Due::MonthDay { month, day });
    for (text, words, cadence) in [
        ("护士节前评选", "护士节前", md(5, 11)),
        ("中国医师节当天慰问", "中国医师节当天", md(8, 19)),
        ("教师节慰问老教师", "教师节", md(9, 10)),
        ("国家宪法日期间宣传", "国家宪法日期间", md(12, 4)),
        ("中秋节前走访", "中秋节前", before("中秋")),
        ("秋季学期开学前检查", "秋季学期开学前", before("秋季学期开学")),
        ("春季学期末考核", "春季学期末", before("春季学期结束")),
        ("次年一季度完成", "次年一季度", day(2023, 3, 31)),
        ("翌年3月底前报送", "翌年3月底前", day(2023, 3, 31)),
        ("次年1月完成", "次年1月", day(2023, 1, 31)),
    ] {
        let got: Vec<_> = read_in(text, Setting::Prose).into_iter().map(|t| (t.0, t.2)).collect();
        assert_eq!(got, [(words.to_owned(), cadence)], "{text}");
    }
    let feasts = read_in("五一、中秋节和国庆节前走访", Setting::Prose);
    let feasts: Vec<_> = feasts.into_iter().map(|t| (t.0, t.2)).collect();
    assert_eq!(
        feasts,
        [
            ("五一".to_owned(), md(4, 30)),
            ("中秋节".to_owned(), before("中秋")),
            ("国庆节前".to_owned(), md(9, 30))
        ]
    );
    assert_eq!(read_in("寒暑假前家访", Setting::Prose)[0].2, before("放假"));
    let both = read_in("次年3月底前报送，6月底前总结", Setting::Prose);
    assert_eq!(both[1].2, by(Due::MonthEnd { month: 6 }), "the year is the plan's again");
    let none = Reader::new(None).terms("年底前总结", Setting::Prose, |_| false, &[]);
    assert_eq!(none[0].cadence, by(Due::Months { from: 1, to: 12 }), "a plan without a year has no year 0");
}

#[test]
fn days_that_do_not_exist() {
    for text in
        ["6月31日前自查", "2月30日前自查", "13月底前验收", "2022年2月29日前验收", "4月31日、11月31日前"]
    {
        assert_eq!(read_in(text, Setting::Prose), [], "{text}");
    }
    assert_eq!(read_in("2024年2月29日前验收", Setting::Prose)[0].2, day(2024, 2, 29));
}
