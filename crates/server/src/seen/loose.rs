//! 还没有接上的: branches for which nobody can sign in, in which nobody is, or to which the running year asks nothing.

use std::collections::BTreeSet;

use model::{Unit, UnitId, UnitKind};
use runtime::Pick;
use store::Scope;
use web::App;
use work::{Actor, Fault, Year};

/// How many are named.
const NAMED: usize = 3;

/// Something that is not connected yet, and where that is done.
pub(crate) struct Loose {
    pub(crate) words: String,
    pub(crate) act: &'static str,
    pub(crate) href: String,
}

/// What is not connected yet on the day; `year` is the one that runs.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn loose(app: &App, actor: &Actor, year: Option<&Year>) -> Result<Vec<Loose>, Fault> {
    let today = app.clock.today();
    let units = &actor.known.organisation.units;
    let branches: Vec<&Unit> =
        units.iter().filter(|u| u.kind == UnitKind::Branch && u.exists_on(today)).collect();
    let headed = work::units_with_secretary(app, actor.institution).await?;
    let members = app.store.members_on(actor.institution, &Scope::All, today).await?;
    let peopled: BTreeSet<UnitId> = members.iter().map(|m| m.membership.branch).collect();
    let mut out = Vec::new();
    let mut tell = |lacking: Vec<&Unit>, what: &str, act: &'static str, href: String| {
        if !lacking.is_empty() {
            let named: Vec<&str> = lacking.iter().take(NAMED).map(|u| u.name.as_str()).collect();
            let more = if lacking.len() > NAMED { "等" } else { "" };
            let (n, all) = (lacking.len(), branches.len());
            let words = format!("{all} 个支部中 {n} 个{what}：{}{more}", named.join("、"));
            out.push(Loose { words, act, href });
        }
    };
    let without = |there: &BTreeSet<UnitId>| -> Vec<&Unit> {
        branches.iter().copied().filter(|u| !there.contains(&u.id)).collect()
    };
    tell(without(&headed), "没有书记账号", "开账号", "/people/accounts".to_owned());
    tell(without(&peopled), "名册里没有人", "导入名册", "/people/import".to_owned());
    if let Some(year) = year {
        let mut asked = BTreeSet::new();
        year.board().each(&Pick { own: true, ..Pick::default() }, today, |line| {
            asked.insert(line.unit);
        });
        let left = without(&asked);
        let href =
            left.first().map_or_else(String::new, |u| format!("/org/change?kind=founded&join={}", u.id));
        tell(left, "今年还没有分到应办事项", "接上", href);
    }
    Ok(out)
}
