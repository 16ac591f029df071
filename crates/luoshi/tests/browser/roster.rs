//! The roster of a college comes in from Excel: 1,200 people, some of them wrong, mended in the page, taken in, and undone.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use jiff::civil::datetime;
use office::sheet::{Cell, Column, Kind, Sheet, write};

use crate::demo::Demo;
use crate::screen::{Screen, walk};
use crate::webdriver;

/// People in the file.
const PEOPLE: usize = 1_200;

const HEADS: [&str; 9] =
    ["姓名", "工号", "身份证号", "手机号", "类别", "所在支部", "发展阶段", "入党日期", "转正日期"];

/// What is wrong: the row of the sheet, the column, what stands there, what is said of it, what puts it right.
const FAULTS: [(usize, usize, &str, &str, &str); 8] = [
    (6, 0, "=A1+B1", "像一个公式", "单晓雨"),
    (51, 2, "110105194912310021", "校验位不对", "11010519491231002X"),
    (121, 5, "第九十九党支部", "没有“第九十九党支部”", ""),
    (301, 7, "1900-01-01", "太早", "2015-07-01"),
    (401, 7, "2099-01-01", "还没有到", "2015-07-01"),
    (601, 1, "X00500", "和第 500 行一样", "X00601"),
    (778, 4, "谁", "不是教职工", "教职工"),
    (1001, 3, "138", "手机号是 11 位", "13900001111"),
];

/// The sheet's rows, all right.
fn people(branches: &[String]) -> Vec<[String; 9]> {
    let surnames: Vec<char> = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许".chars().collect();
    let given: Vec<char> = "文武仁义礼智信温良恭俭让诚勤敏慧宁远清和".chars().collect();
    (0..PEOPLE)
        .map(|n| {
            let name: String = [surnames[n % 20], given[n / 20 % 20], given[n / 400 % 20]].iter().collect();
            let row = n + 2;
            let (number, branch) = (format!("X{row:05}"), branches[n % branches.len()].clone());
            let [none, kind, stage, joined, full] =
                ["", "教职工", "正式党员", "2015-07-01", "2016-07-01"].map(str::to_owned);
            [name, number, none.clone(), none, kind, branch, stage, joined, full]
        })
        .collect()
}

fn save(folder: &Path, name: &str, rows: &[[String; 9]]) -> Result<PathBuf> {
    let sheet = Sheet {
        name: "名册".to_owned(),
        title: "名册".to_owned(),
        columns: HEADS.iter().map(|h| Column::new(*h, 16, Kind::Text)).collect(),
        frozen: 1,
        rows: rows.iter().map(|r| r.iter().cloned().map(Cell::Text).collect()).collect(),
    };
    let path = folder.join(name);
    std::fs::write(&path, write(datetime(2022, 9, 30, 8, 0, 0, 0), &[sheet])?)?;
    Ok(path)
}

async fn upload(screen: &Screen<'_>, file: &Path) -> Result<String> {
    screen.go("/people/import").await?;
    screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
    screen.press("form[action='/people/import'] button.btn-ink").await?;
    screen.words("main").await
}

/// The number of people on the roster, as its page says.
async fn heads(screen: &Screen<'_>) -> Result<String> {
    screen.go("/people").await?;
    screen.words("main .head").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_hundred_people_come_in_from_excel_and_go_again() -> Result<()> {
    let Some(driver) = webdriver("twelve_hundred_people_come_in_from_excel_and_go_again") else {
        return Ok(());
    };
    let demo = Demo::start(&[])?;
    let folder = tempfile::tempdir()?;
    walk("roster", &driver, &demo, async |screen| {
        screen.sign_in("dangban").await?;
        screen.go("/org").await?;
        let branches = screen
            .js("return [...document.querySelectorAll('tbody tr')].filter(r => r.children[1].textContent.trim() === '党支部')
                 .map(r => r.querySelector('th a').textContent)")
            .await?;
        let branches: Vec<String> = serde_json::from_value(branches)?;
        ensure!(branches.len() > 10, "{branches:?}");
        let before = heads(screen).await?;
        let right = people(&branches);
        let mut wrong = right.clone();
        for (row, column, words, ..) in FAULTS {
            wrong[row - 2][column] = words.to_owned();
        }

        let page = upload(screen, &save(folder.path(), "名册.xlsx", &wrong)?).await?;
        ensure!(page.contains("1200 行：新增 1193 人") && page.contains("7 行要改（7 处）"), "{page}");
        for (row, column, _, why, _) in FAULTS {
            let letter = char::from(b'A' + u8::try_from(column)?);
            ensure!(page.contains(&format!("{letter}{row} ")) && page.contains(why), "{row} {why}: {page}");
        }
        ensure!(heads(screen).await? == before, "a preview changes nothing");

        // Back through the list of imports, as one would the next morning.
        screen.go("/people/import").await?;
        let draft = screen.find_path("//a[.='名册.xlsx']").await?;
        screen.follow(draft).await?;
        // A telephone number that cannot be read costs nobody their row: it is told, and left out.
        ensure!(page.contains("1 格读不懂，先空着，人照样登记：D1001 手机号"), "{page}");
        for (row, column, _, _, mended) in FAULTS.into_iter().filter(|(_, column, ..)| *column != 3) {
            let head = if column == 1 { "工号或学号" } else { HEADS[column] };
            let mended = if mended.is_empty() { &*right[row - 2][column] } else { mended };
            screen.fill(&format!("input[name='r{row}.{head}']"), mended).await.with_context(|| head)?;
        }
        screen.press("form[action$='/mend'] button.btn-ink").await?;
        let page = screen.words("main").await?;
        ensure!(page.contains("新增 1200 人，修改 0 人，不变 0 人"), "{page}");
        screen.press("form[action$='/apply'] button.btn-ink").await?;
        // The work goes on beside the page, which shows how far it is and then leads on by itself.
        screen.until("!!document.querySelector(\"form[action$='/undo']\")").await?;
        let done = screen.client.current_url().await?.path().to_owned();
        ensure!(heads(screen).await? != before, "they are there");
        screen.go("/people?q=X00601").await?;
        ensure!(screen.words("main table").await?.contains("X00601"), "found by number");

        // The mended file once more, with the number that was left out and three others changed: what is added, changed and left is told.
        let mut changed = right.clone();
        for (row, column, words, _, mended) in FAULTS {
            let keep = if mended.is_empty() { right[row - 2][column].clone() } else { mended.to_owned() };
            ensure!(keep != words, "mended");
            changed[row - 2][column] = keep;
        }
        for (n, row) in changed.iter_mut().enumerate().skip(10).take(3) {
            row[3] = format!("1380000{n:04}");
        }
        let page = upload(screen, &save(folder.path(), "名册（改）.xlsx", &changed)?).await?;
        ensure!(page.contains("新增 0 人，修改 4 人，不变 1196 人"), "{page}");
        screen.press("form[action$='/drop'] button").await?;

        screen.go(&done).await?;
        screen.press("form[action$='/undo'] button").await?;
        ensure!(screen.words("body").await?.contains("1200 人移出名册"), "undone");
        ensure!(heads(screen).await? == before, "as it was");
        Ok(())
    })
    .await
}
