//! A college of the size that is measured.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{EntryId, Unit, UnitId, UnitKind, Value};
use office::sheet::{self, Cell, Column, Kind, Sheet};
use store::{Act, EntryFilter, ImportEntry, Scope, Store, Target};

/// Units, those of the demonstration included.
const UNITS: usize = 2_000;
/// People that are imported.
pub(crate) const PEOPLE: usize = 50_000;
/// Records that are taken over in one transaction.
const AT_ONCE: usize = 2_000;
/// Records of the demonstration that are taken over again.
const MODELS: u32 = 400;

/// Words that are looked for, and in one of how many records they stand.
pub(crate) const WORDS: [(&str, &str, usize); 4] = [
    ("a rare word", "甘棠计划", 5_000),
    ("a word of every 200th", "白鹿讲堂", 200),
    ("a common word", "集中研学", 2),
    ("two characters, common", "研学", 2),
];

/// What stands in the record of this number: its own number, and the words that fall on it.
fn phrase(n: usize) -> String {
    let mut out = format!("第{n}号");
    for (_, word, every) in WORDS.iter().filter(|(_, _, every)| n.is_multiple_of(*every)) {
        if *every != 2 || word.chars().count() > 2 {
            out.push_str(&format!("　{word}"));
        }
    }
    out
}

fn act() -> Act {
    Act::new(None, "", Timestamp::now(), "bench.fill")
}

/// Founds branches until there are [`UNITS`].
pub(crate) async fn units(target: &Target) -> anyhow::Result<()> {
    let store = Store::open(target, Timestamp::now()).await?;
    let institution = store.institutions().await?.first().context("an institution")?.id;
    let there = store.organisation(institution).await?.units;
    let above: Vec<UnitId> =
        there.iter().filter(|u| u.kind == UnitKind::GeneralBranch).map(|u| u.id).collect();
    let new: Vec<Unit> = (there.len()..UNITS)
        .map(|n| Unit {
            id: UnitId::fresh(),
            parent: above.get(n % above.len().max(1)).copied(),
            kind: UnitKind::Branch,
            name: format!("第{n}学生党支部"),
            aliases: Vec::new(),
            traits: ["student".to_owned()].into(),
            sort: i32::try_from(n).unwrap_or(0),
            founded: None,
            dissolved: None,
        })
        .collect();
    store.save_units(institution, &new, &act()).await?;
    store.close().await?;
    Ok(())
}

/// The last sign of a citizen's number (GB 11643).
fn check_sign(first: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
    ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize]
}

/// A workbook with [`PEOPLE`] members, twenty-five to a branch.
pub(crate) fn workbook() -> anyhow::Result<Vec<u8>> {
    let heads =
        ["姓名", "工号或学号", "身份证号", "手机号", "类别", "所在支部", "发展阶段", "入党日期", "转正日期"];
    let columns = heads.map(|h| Column::new(h, 20, Kind::Text)).to_vec();
    let surnames: Vec<char> = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许".chars().collect();
    let given: Vec<char> = "文晓明思雨佳宁子涵一诺俊杰雪芳志强海燕国庆".chars().collect();
    let rows = (0..PEOPLE).map(|n| {
        let born =
            date(1998, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(n % 2_500).unwrap_or(0)));
        let born = born.unwrap_or(date(1998, 1, 1));
        let first = format!("110101{}{:03}", born.strftime("%Y%m%d"), 100 + n / 2_500);
        let pick = |from: &[char], n: usize| from[n % from.len()];
        let name = [pick(&surnames, n), pick(&given, n / 20), pick(&given, n / 440)];
        let text = |t: String| Cell::Text(t);
        vec![
            text(name.iter().collect()),
            text(format!("B{n:06}")),
            text(format!("{first}{}", check_sign(&first))),
            text(format!("138{:08}", 10_000_000 + n)),
            text("学生".to_owned()),
            text(format!("第{}学生党支部", 1_000 + n % 1_000)),
            text("正式党员".to_owned()),
            text("2023-06-10".to_owned()),
            text("2024-06-12".to_owned()),
        ]
    });
    let sheet =
        Sheet { name: "名册".to_owned(), title: "名册".to_owned(), columns, frozen: 1, rows: Vec::new() };
    let mut bytes = Vec::new();
    sheet::write_list(date(2026, 1, 1).at(8, 0, 0, 0), &sheet, rows, &mut bytes)?;
    Ok(bytes)
}

/// The body of the form that uploads a roster.
pub(crate) fn upload(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--B\r\nContent-Disposition: form-data; name=\"day\"\r\n\r\n2022-05-16\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--B--\r\n"].concat()
}

/// Takes the college's records over again, without credits, until there are this many: over all units, and over so
/// many years that each holds a hundred thousand.
pub(crate) async fn entries(target: &Target, count: usize) -> anyhow::Result<()> {
    let store = Store::open(target, Timestamp::now()).await?;
    let institution = store.institutions().await?.first().context("an institution")?.id;
    let all = EntryFilter::default();
    let models = store.entries(institution, &Scope::All, &all, MODELS).await?;
    let there = store.count_entries(institution, &Scope::All, &all, u32::try_from(count)?).await?;
    let units: Vec<UnitId> = store
        .organisation(institution)
        .await?
        .units
        .into_iter()
        .filter(|u| u.kind == UnitKind::Branch)
        .map(|u| u.id)
        .collect();
    let years = i64::try_from(count.div_ceil(100_000))?;
    let last: Date = models.first().context("a record")?.entry.day;
    let numbers: Vec<usize> = (usize::try_from(there)?..count).collect();
    for some in numbers.chunks(AT_ONCE) {
        let some: Vec<ImportEntry> = some
            .iter()
            .map(|&n| {
                let row = &models[n % models.len()];
                let mut entry = row.entry.clone();
                entry.id = EntryId::fresh();
                entry.revision = 1;
                // Its files were handed in for the record that it is a copy of.
                entry.values.retain(|_, v| !matches!(v, model::Value::Files(_)));
                entry.unit = units[n % units.len()];
                // Days of all years, in no order.
                let back = i64::try_from(n * 7_919).unwrap_or(0) % (365 * years);
                entry.day = last.checked_sub(jiff::Span::new().days(back)).unwrap_or(last);
                entry.title = format!("{}　{}", entry.title, phrase(n));
                if count > 100_000 {
                    // Who came is the bulk of the rows, and no list reads it.
                    entry.values.remove("people");
                }
                let mut words = entry.title.clone();
                for value in entry.values.values() {
                    if let Value::Text(text) = value {
                        words.push('\n');
                        words.push_str(text);
                    }
                }
                ImportEntry {
                    late: row.late,
                    incomplete: row.incomplete,
                    words,
                    above: None,
                    decided: None,
                    credits: Vec::new(),
                    entry,
                }
            })
            .collect();
        store.import_entries(institution, &some, &act()).await?;
    }
    store.close().await?;
    Ok(())
}

/// The size of a database's file, in MB; none of a server's.
pub(crate) fn size(target: &Target) -> Option<f64> {
    let Target::Sqlite(path) = target else { return None };
    let bytes = |p: &Path| std::fs::metadata(p).map(|m| m.len()).ok();
    Some(bytes(path)? as f64 / 1_048_576.0)
}
