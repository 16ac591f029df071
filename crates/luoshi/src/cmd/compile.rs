//! `luoshi compile`: a plan in, its demands and due days out.

mod page;
mod table;

use std::path::PathBuf;

use compiler::{Compilation, Context, Roll};
use model::{Diagnostic, Plan, Severity, SourceText};
use rulebook::{CalendarData, Rulebook};
use runtime::{Basis, Forecast, Moments, Roster, SchoolCalendar, forecast, usual_months};

use super::{FAULTY, Refusal, WELL, document, json_page, real_day, roll, say, text_of};

/// Codes of what is said of words that no demand uses.
const NOT_READ: [&str; 2] = ["L020", "L021"];

/// What `luoshi compile` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 工作要点（.docx、.xlsx、.xls、.pdf、.html、.txt、.md；.doc、.wps 等要装有 LibreOffice）
    #[arg(value_name = "文件", help_heading = "参数")]
    file: PathBuf,
    /// 组织架构文件（TOML，可写人员）；不给就只列要求，不排应办事项
    #[arg(long, value_name = "组织文件")]
    org: Option<PathBuf>,
    /// 排哪一年；不给就是要点自己写的那一年
    #[arg(long, value_name = "年")]
    year: Option<i16>,
    /// 这一年的校历（TOML，写法同规则库 calendar 里的文件）；不给就用规则库的
    #[arg(long, value_name = "校历文件")]
    calendar: Option<PathBuf>,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

/// All that the two forms of the answer are made of.
struct Made<'a> {
    source: &'a SourceText,
    plan: &'a Plan,
    rulebook: &'a Rulebook,
    roll: Option<&'a Roll>,
    year: i16,
    compiled: &'a Compilation,
    forecast: &'a Forecast,
    diagnostics: &'a [Diagnostic],
}

/// Prints the demands, with an organisation their duties; the status says whether there are errors in the document.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    let source = document(&args.file)?;
    let roll = args.org.as_deref().map(roll).transpose()?;
    let rulebook = Rulebook::built_in().map_err(|faults| super::rulebook::refusal(&faults))?;
    let plan = plan::read(&source);
    let year = args.year.or(plan.year).unwrap_or_else(|| real_day().year());
    let calendar = SchoolCalendar::from_rulebook(&calendar(args, &rulebook, year)?, year);
    let nobody = Roll::default();
    let known = roll.as_ref().unwrap_or(&nobody);
    let compiled = compiler::compile(
        &source,
        &plan,
        &rulebook,
        &known.organisation,
        // That a day is past is told by the check; the same plan is compiled to the same days on any day.
        &Context { year, today: None },
    );
    let made = jiff::civil::date(year, 1, 1);
    let forecast = forecast(
        &compiled.proposals,
        &Basis {
            org: &known.organisation,
            roster: &Roster::new(known.memberships.clone(), known.posts.clone()),
            calendar: &calendar,
            year,
            made,
            from: made,
            rules: rulebook.version(),
            moments: &Moments::new(rulebook.events()),
            usual_months: &usual_months(rulebook.obligations()),
        },
    );
    let mut diagnostics = compiled.diagnostics.clone();
    if roll.is_some() {
        diagnostics.extend(compiler::without_members(&compiled.proposals, &forecast.nobody));
        diagnostics.sort_by_key(|d| d.span);
    }
    let made = Made {
        source: &source,
        plan: &plan,
        rulebook: &rulebook,
        roll: roll.as_ref(),
        year,
        compiled: &compiled,
        forecast: &forecast,
        diagnostics: &diagnostics,
    };
    say(&if args.json { json_page(&page::json(&made)) } else { table::table(&made) });
    Ok(if diagnostics.iter().any(|d| d.severity == Severity::Error) { FAULTY } else { WELL })
}

/// The calendar that holds: the file's for the year, or the rulebook's.
fn calendar(args: &Args, rulebook: &Rulebook, year: i16) -> Result<CalendarData, Refusal> {
    let data = rulebook.calendar_data();
    if !(1949..=2200).contains(&year) {
        return Err(Refusal {
            message: format!("{year} 年排不了"),
            help: "年份写成四位数，如 --year 2026".to_owned(),
        });
    }
    let Some(file) = &args.calendar else { return Ok(data.clone()) };
    let text = text_of("校历文件", file)?;
    data.with_year(year, &file.display().to_string(), &text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("第{}行：{}", f.line, f.message)).collect();
        Refusal {
            message: format!("校历文件 {} 有误\n{}", file.display(), lines.join("\n")),
            help: faults.into_iter().map(|f| f.help).find(|h| !h.is_empty()).unwrap_or_default(),
        }
    })
}
