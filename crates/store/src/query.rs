//! Lists of records and their counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use model::{Confirmation, EntryId, InstitutionId, PersonId, UnitId};

use crate::{
    EntryRow, Scope, Store, StoreError,
    dialect::Dialect,
    entries::{MINE, ROW, entry_row, field_mark},
    row::args,
    search::{
        index::{INCOMPLETE, LATE, in_ledger, of_unit, owner, place_of},
        text::{Term, terms},
    },
    sql::Parts,
};

/// Records that are looked through, the newest first, before PostgreSQL is asked for all that hold a word: its index
/// knows no order, and reading every tenth record of a million takes longer than finding a page among the newest.
const NEWEST: u32 = 400;
/// Most records that are looked through when those show that the word is not rare.
const MOST_OF_THE_NEWEST: u32 = 4_000;
/// Most units that are asked for by their grams.
const MOST_UNITS: usize = 64;

/// Which records are asked for. All that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EntryFilter {
    /// Only those in this ledger.
    pub ledger: Option<String>,
    /// Only these units'.
    pub units: Option<BTreeSet<UnitId>>,
    /// Only those in which this person is named.
    pub person: Option<Named>,
    /// Happened on this day or later.
    pub from: Option<Date>,
    /// Happened on this day or earlier.
    pub to: Option<Date>,
    /// Title or any field holds each of these words, which blanks divide: characters anywhere, a word in letters or a
    /// number as a whole.
    pub words: Option<String>,
    /// First entered at this instant or later, whenever it happened.
    pub entered_from: Option<Timestamp>,
    /// Only those entered late (or only those not).
    pub late: Option<bool>,
    /// Only incomplete ones (or only complete ones).
    pub incomplete: Option<bool>,
    /// The withdrawn ones instead of those that stand.
    pub withdrawn: bool,
    /// Only those that stand so with the unit above.
    pub confirmation: Option<Confirmation>,
    /// Only those that one of these units has to confirm.
    pub above: Option<BTreeSet<UnitId>>,
    /// Only those whose fields hold this.
    pub fields: Vec<FieldFilter>,
    /// The oldest day first.
    pub oldest_first: bool,
    /// Only what follows this one: day and id of the last of the page before.
    pub after: Option<(Date, EntryId)>,
}

/// Somebody by whom records are found: as present, absent or on leave, or in any other field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// Who.
    pub person: PersonId,
    /// In which fields they are not found.
    pub closed: Vec<Closed>,
}

/// Records of which whoever asks may not read a field: by what it holds they are not found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Closed {
    /// Id of the field.
    pub field: String,
    /// Closed in the records of these ledgers…
    pub ledgers: BTreeSet<String>,
    /// …but not in those of these units.
    pub but: BTreeSet<UnitId>,
}

/// What a field of a record has to hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldFilter {
    /// Id of the field.
    pub field: String,
    /// What.
    pub wanted: Wanted,
    /// Where it is not looked for.
    pub closed: Vec<Closed>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// This option, unit or record among others: its id.
    Id(String),
    /// Text or a name with these words.
    Words(String),
    /// A day, or a day of a span, not before and not after these.
    Days(Option<Date>, Option<Date>),
    /// A number (in thousandths) or money (in fen), not less and not more.
    Number(Option<i64>, Option<i64>),
}

impl EntryFilter {
    /// The way in which the days run, as SQL says it.
    fn way(&self) -> &'static str {
        if self.oldest_first { "asc" } else { "desc" }
    }

    /// Whether something is asked that only the record itself tells, whatever the list.
    fn asks_the_record(&self) -> bool {
        self.confirmation.is_some() || self.above.is_some() || !self.fields.is_empty()
    }
}

/// How the joined page of a list is read: `f` has the ids of its records and their places in the list.
fn bodies(filter: &EntryFilter) -> String {
    let way = filter.way();
    format!(
        ") f join entry e on e.institution_id = $1 and e.id = f.id join entry_revision r \
         on r.institution_id = $1 and r.entry_id = e.id and r.revision = e.revision order by f.place {way}, f.id {way}"
    )
}

impl Store {
    /// Records, the newest day first, at most `limit`. The next page follows the last record's day and id.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &EntryFilter,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        // The page is found in the indexes first; the records' bodies are read only for it.
        let begin = format!("select {ROW} from (select ");
        let mut query = Parts::new(self.dialect, &begin, args![institution]);
        if let Some(search) = Search::of(scope, filter) {
            let ordered = self.dialect == Dialect::Postgres && !filter.oldest_first;
            let mut newest = if ordered { NEWEST } else { 0 };
            while newest > 0 {
                search.among_the_newest(&mut query, limit, newest);
                query.push(&bodies(filter));
                let found = self.rows(&query.sql, query.args, entry_row).await?;
                if found.len() >= limit as usize {
                    return Ok(found);
                }
                query = Parts::new(self.dialect, &begin, args![institution]);
                newest = further(newest, u32::try_from(found.len()).unwrap_or(0), limit);
            }
            search.page(&mut query, institution, limit);
        } else {
            let (id, day) = found(&mut query, scope, filter, |id, day| format!("{id} as id, {day} as place"));
            let way = filter.way();
            query.push(&format!(" order by {day} {way}, {id} {way}"));
            query.with(" limit ", &limit, "");
        }
        query.push(&bodies(filter));
        self.rows(&query.sql, query.args, entry_row).await
    }

    /// How many records these units (or all) have on each day of a stretch.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries_by_day(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        units: Option<&BTreeSet<UnitId>>,
        (from, to): (Date, Date),
    ) -> Result<BTreeMap<Date, i64>, StoreError> {
        let text =
            "select e.day, count(*) from entry e where e.institution_id = $1 and e.day >= $2 and e.day <= $3";
        let mut query = Parts::new(self.dialect, text, args![institution, from, to]);
        query.with(" and e.withdrawn = ", &false, "");
        scope.narrow(&mut query, "e.unit_id", MINE);
        if let Some(units) = units {
            query.one_of(" and ", "e.unit_id", units.iter().map(|u| u.0));
        }
        query.push(" group by e.day");
        let rows = self.rows(&query.sql, query.args, |c| Ok((c.get()?, c.get()?))).await?;
        Ok(rows.into_iter().collect())
    }

    /// How many records the filter finds, whatever the page; at most `most`, so that counting a long list costs no
    /// more than counting that many.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_entries(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &EntryFilter,
        most: u32,
    ) -> Result<i64, StoreError> {
        let whole = EntryFilter { after: None, ..filter.clone() };
        let begin = "select count(*) from (select ";
        let mut query = Parts::new(self.dialect, begin, args![institution]);
        if let Some(search) = Search::of(scope, &whole) {
            // PostgreSQL's index gives all records that hold a common word before the first is counted.
            let mut newest = if self.dialect == Dialect::Postgres { NEWEST } else { 0 };
            while newest > 0 {
                search.among_the_newest(&mut query, most, newest);
                query.push(") f");
                let found = self.row(&query.sql, query.args, |c| c.get::<i64>()).await?.unwrap_or_default();
                if found >= i64::from(most) {
                    return Ok(found);
                }
                query = Parts::new(self.dialect, begin, args![institution]);
                newest = further(newest, u32::try_from(found).unwrap_or(0), most);
            }
            search.count(&mut query, institution);
        } else {
            found(&mut query, scope, &whole, |_, _| "1 as found".to_owned());
        }
        query.with(" limit ", &most, ") f");
        self.row(&query.sql, query.args, |c| c.get()).await.map(Option::unwrap_or_default)
    }
}

/// A search for words over many records, which the index of words leads. Where few records are in question anyhow, those
/// of one person, they are looked through instead.
struct Search<'a> {
    terms: Vec<Term>,
    filter: &'a EntryFilter,
    scope: &'a Scope,
    /// The units that both the filter and the scope hold.
    units: Option<BTreeSet<UnitId>>,
}

impl<'a> Search<'a> {
    /// The search that a filter asks for; none when it names no words, or few records are in question.
    fn of(scope: &'a Scope, filter: &'a EntryFilter) -> Option<Self> {
        let terms = terms(filter.words.as_deref()?);
        if terms.is_empty() || filter.person.is_some() {
            return None;
        }
        let units = match (scope, &filter.units) {
            (Scope::Own { .. } | Scope::Nothing, _) => return None,
            (Scope::All, units) => units.clone(),
            (Scope::Units(seen), None) => Some(seen.clone()),
            (Scope::Units(seen), Some(asked)) => Some(seen.intersection(asked).copied().collect()),
        };
        Some(Self { terms, filter, scope, units })
    }

    /// What the index of words is asked for.
    fn grams(&self, dialect: Dialect, institution: InstitutionId) -> String {
        let owner = owner(institution, self.filter.withdrawn);
        let own = |gram: &str| format!("{owner}{gram}");
        let one = |gram: &str| vec![own(gram)];
        let mut all: Vec<Vec<String>> = self.terms.iter().flat_map(|t| &t.grams).map(|g| one(g)).collect();
        if let Some(ledger) = &self.filter.ledger {
            all.push(one(&in_ledger(ledger)));
        }
        if let Some(units) = self.units_as_grams() {
            all.push(units.iter().map(|u| own(&of_unit(*u))).collect());
        }
        if self.filter.late == Some(true) {
            all.push(one(LATE));
        }
        if self.filter.incomplete == Some(true) {
            all.push(one(INCOMPLETE));
        }
        dialect.grams(&all)
    }

    fn units_as_grams(&self) -> Option<&BTreeSet<UnitId>> {
        self.units.as_ref().filter(|u| (1..=MOST_UNITS).contains(&u.len()))
    }

    /// The words that the grams alone do not prove.
    fn unsure(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|t| !t.sure)
    }

    /// Whether something is asked that neither grams nor words tell.
    fn needs_entry(&self) -> bool {
        let EntryFilter { entered_from, late, incomplete, .. } = self.filter;
        entered_from.is_some()
            || *late == Some(false)
            || *incomplete == Some(false)
            || self.filter.asks_the_record()
            || (self.units.is_some() && self.units_as_grams().is_none())
    }

    /// ` where …`: that the records `g` have the grams and fall on the days, and follow the page before.
    fn grams_hold(&self, query: &mut Parts, institution: InstitutionId) {
        let n = query.bind(&self.grams(query.dialect, institution));
        query.push(&format!(" where {}", query.dialect.holds_grams(n)));
        let EntryFilter { from, to, after, .. } = self.filter;
        match query.dialect {
            Dialect::Sqlite => {
                if let Some(from) = from {
                    query.with(" and g.rowid >= ", &place_of(*from), "");
                }
                if let Some(next) = to.and_then(|to| to.tomorrow().ok()) {
                    query.with(" and g.rowid < ", &place_of(next), "");
                }
                if let Some((day, id)) = after {
                    // When the page's last record is no more, the next page begins with the day behind it.
                    let (sign, place) = if self.filter.oldest_first {
                        ('>', day.tomorrow().map_or(i64::MAX, |next| place_of(next) - 1))
                    } else {
                        ('<', place_of(*day))
                    };
                    query.push(&format!(
                        " and g.rowid {sign} coalesce((select n from entry_words where institution_id = $1"
                    ));
                    query.with(" and entry_id = ", id, ")");
                    query.with(", ", &place, ")");
                }
            }
            Dialect::Postgres => {
                if let Some(from) = from {
                    query.with(" and g.day >= ", from, "");
                }
                if let Some(to) = to {
                    query.with(" and g.day <= ", to, "");
                }
                if let Some((day, id)) = after {
                    let sign = if self.filter.oldest_first { '>' } else { '<' };
                    query.with(&format!(" and (g.day, g.entry_id) {sign} ("), day, "");
                    query.with(", ", id, ")");
                }
            }
        }
    }

    /// The words `w` of the records `g` and, where it is needed, the record `e` itself.
    fn join(&self, query: &mut Parts) {
        query.push(query.dialect.join_words());
        if self.needs_entry() {
            let join = query.dialect.leading_join();
            query.push(&format!(" {join} entry e on e.institution_id = $1 and e.id = w.entry_id"));
        }
    }

    /// ` and …`: what the words `w` and the record `e` must still fulfil.
    fn compare(&self, query: &mut Parts) {
        query.push(" and w.institution_id = $1");
        compare(query, "w.words", self.unsure());
        if !self.needs_entry() {
            return;
        }
        let EntryFilter { entered_from, late, incomplete, .. } = self.filter;
        if let Some(at) = entered_from {
            query.with(" and e.entered_at >= ", at, "");
        }
        if *late == Some(false) {
            query.push(" and not e.late");
        }
        if *incomplete == Some(false) {
            query.push(" and not e.incomplete");
        }
        if let (Some(units), None) = (&self.units, self.units_as_grams()) {
            query.one_of(" and ", "e.unit_id", units.iter().map(|u| u.0));
        }
        of_the_record(query, self.filter);
    }

    /// Appends what gives the ids of a page, and their places in the list.
    fn page(&self, query: &mut Parts, institution: InstitutionId, limit: u32) {
        let way = self.filter.way();
        match query.dialect {
            // The index gives the records in the order of the list; what else is asked of them is asked one by one.
            Dialect::Sqlite => {
                query.push("w.entry_id as id, g.rowid as place from entry_gram g");
                self.join(query);
                self.grams_hold(query, institution);
                self.compare(query);
                query.push(&format!(" order by g.rowid {way}"));
            }
            // The index gives all records in no order, which are sorted before anything else is asked of them.
            Dialect::Postgres => {
                query.push(
                    "g.entry_id as id, g.place from (select g.entry_id, g.day as place from entry_gram g",
                );
                self.grams_hold(query, institution);
                query.push(&format!(" order by g.day {way}, g.entry_id {way} offset 0) g"));
                self.join(query);
                query.push(" where 1 = 1");
                self.compare(query);
                query.push(&format!(" order by g.place {way}, g.entry_id {way}"));
            }
        }
        query.with(" limit ", &limit, "");
    }

    /// Appends what gives a row for each record that is found.
    fn count(&self, query: &mut Parts, institution: InstitutionId) {
        query.push("1 as found from entry_gram g");
        let more = self.unsure().next().is_some() || self.needs_entry();
        if more {
            self.join(query);
        }
        self.grams_hold(query, institution);
        if more {
            self.compare(query);
        }
    }

    /// Appends what gives those of the newest records that hold the words.
    fn among_the_newest(&self, query: &mut Parts, limit: u32, newest: u32) {
        let all = EntryFilter { words: None, ..self.filter.clone() };
        query.push("c.id, c.place from (select ");
        let (id, day) = found(query, self.scope, &all, |id, day| format!("{id} as id, {day} as place"));
        query.push(&format!(" order by {day} desc, {id} desc"));
        query.with(
            " limit ",
            &newest,
            ") c join entry_words w on w.institution_id = $1 and w.entry_id = c.id",
        );
        query.push(" where 1 = 1");
        compare(query, "w.words", self.terms.iter());
        query.with(" order by c.place desc, c.id desc limit ", &limit, "");
    }
}

/// Among how many of the newest records a page is to be looked for, when among the first [`NEWEST`] so many were found;
/// 0 when the index finds it sooner.
fn further(looked: u32, found: u32, limit: u32) -> u32 {
    if looked > NEWEST || found == 0 {
        return 0;
    }
    // Half as many again as it takes when the word stays as common.
    let needed = NEWEST.saturating_mul(limit).saturating_mul(3) / found / 2;
    if needed <= MOST_OF_THE_NEWEST { needed } else { 0 }
}

/// Appends ` and …`: that the words hold the terms.
fn compare<'t>(query: &mut Parts, words: &str, terms: impl Iterator<Item = &'t Term>) {
    for term in terms {
        let n = query.bind(&term.folded);
        query.push(&format!(" and {} > 0", query.dialect.position(words, n)));
    }
}

/// Appends ` and …`: what only the record `e` tells. Its body is read for its fields, so they are the last thing that is
/// asked of those that everything else has left.
fn of_the_record(query: &mut Parts, filter: &EntryFilter) {
    if let Some(confirmation) = filter.confirmation {
        // Spelt out, so that the partial index is taken.
        query.with(" and e.confirmation <> '' and e.confirmation = ", confirmation.id(), "");
    }
    if let Some(above) = &filter.above {
        query.one_of(" and ", "e.above_id", above.iter().map(|u| u.0));
    }
    for field in &filter.fields {
        holds(query, field);
    }
}

/// Appends ` and …`: that a record is none of which a field may not be read. `id` and `unit` are its columns.
fn is_open(query: &mut Parts, closed: &Closed, id: &str, unit: &str) {
    query.push(" and (");
    if !closed.but.is_empty() {
        query.one_of("", unit, closed.but.iter().map(|u| u.0));
        query.push(" or ");
    }
    query.push(&format!(
        "not exists (select 1 from entry_ledger k where k.institution_id = $1 and k.entry_id = {id} and k.ledger in ("
    ));
    let ledgers: Vec<String> =
        closed.ledgers.iter().map(|ledger| format!("${}", query.bind(ledger))).collect();
    query.push(&ledgers.join(", "));
    query.push(")))");
}

/// Appends ` and …`: that a record names the person in a field that may be read.
fn names(query: &mut Parts, named: &Named, id: &str, unit: &str) {
    let Named { person, closed } = named;
    query.push(&format!(" and {id} in (select x.entry_id from entry_person x where x.institution_id = $1"));
    query.with(" and x.person_id = ", person, ")");
    if closed.is_empty() {
        return;
    }
    let mut narrow: BTreeMap<&str, Vec<&Closed>> = BTreeMap::new();
    for one in closed {
        narrow.entry(&one.field).or_default().push(one);
    }
    query.push(&format!(
        " and exists (select 1 from entry_person x where x.institution_id = $1 and x.entry_id = {id}"
    ));
    query.with(" and x.person_id = ", person, " and (");
    let places: Vec<usize> = narrow.keys().map(|field| query.bind(&field_mark(field))).collect();
    // What is left of the fields when those that may be closed are taken out is open to all.
    let others = places.iter().fold("x.fields".to_owned(), |left, n| format!("replace({left}, ${n}, '')"));
    query.push(&format!("{others} <> ''"));
    for (n, closed) in places.into_iter().zip(narrow.values()) {
        query.push(&format!(" or ({} > 0", query.dialect.position("x.fields", n)));
        for one in closed {
            is_open(query, one, id, unit);
        }
        query.push(")");
    }
    query.push("))");
}

/// Appends that a field of the record `e` holds what is wanted.
fn holds(query: &mut Parts, filter: &FieldFilter) {
    for closed in &filter.closed {
        is_open(query, closed, "e.id", "e.unit_id");
    }
    let n = query.bind(&filter.field);
    let dialect = query.dialect;
    query.push(
        " and exists (select 1 from entry_revision b where b.institution_id = $1 and b.entry_id = e.id \
         and b.revision = e.revision",
    );
    match &filter.wanted {
        Wanted::Id(wanted) => {
            let m = query.bind(&format!("\"{wanted}\""));
            query.push(&format!(" and {} > 0", dialect.position(&dialect.field("b.body", n), m)));
        }
        Wanted::Words(words) => {
            // As they stand in JSON, whose quotation marks are no part of them.
            let words = serde_json::Value::from(words.to_lowercase()).to_string();
            let m = query.bind(words.get(1..words.len().saturating_sub(1)).unwrap_or_default());
            let field = format!("lower({})", dialect.field("b.body", n));
            query.push(&format!(" and {} > 0", dialect.position(&field, m)));
        }
        Wanted::Days(from, to) => {
            let day = |last| dialect.field_day("b.body", n, last);
            query.push(&format!(" and {} is not null", day(false)));
            if let Some(from) = from {
                query.with(&format!(" and {} >= ", day(true)), &from.to_string(), "");
            }
            if let Some(to) = to {
                query.with(&format!(" and {} <= ", day(false)), &to.to_string(), "");
            }
        }
        Wanted::Number(least, most) => {
            let number = dialect.field_number("b.body", n);
            query.push(&format!(" and {number} is not null"));
            if let Some(least) = least {
                query.with(&format!(" and {number} >= "), least, "");
            }
            if let Some(most) = most {
                query.with(&format!(" and {number} <= "), most, "");
            }
        }
    }
    query.push(")");
}

/// Appends what the filter asks for: `columns` (made of the names of id and day), the tables, the conditions. The
/// names of id and day.
///
/// A list of one ledger walks that ledger's own index; any other walks the entries'.
fn found(
    query: &mut Parts,
    scope: &Scope,
    filter: &EntryFilter,
    columns: impl Fn(&str, &str) -> String,
) -> (&'static str, &'static str) {
    let EntryFilter {
        ledger,
        units,
        person,
        from,
        to,
        words,
        entered_from,
        late,
        incomplete,
        withdrawn,
        confirmation: _,
        above: _,
        fields: _,
        oldest_first,
        after,
    } = filter;
    let by_ledger = ledger.is_some();
    let (id, day, unit) =
        if by_ledger { ("l.entry_id", "l.day", "l.unit_id") } else { ("e.id", "e.day", "e.unit_id") };
    query.push(&columns(id, day));
    // The entry itself is needed only for what its ledger's index does not hold.
    let needs_entry = late.is_some()
        || incomplete.is_some()
        || entered_from.is_some()
        || filter.asks_the_record()
        || matches!(scope, Scope::Own { .. });
    let standing = match ledger {
        Some(ledger) => {
            query.push(" from entry_ledger l");
            if needs_entry {
                query.push(" join entry e on e.institution_id = l.institution_id and e.id = l.entry_id");
            }
            query.with(" where l.institution_id = $1 and l.ledger = ", ledger, "");
            " and l.withdrawn = "
        }
        None => {
            query.push(" from entry e where e.institution_id = $1");
            " and e.withdrawn = "
        }
    };
    query.with(standing, withdrawn, "");
    if let Some(units) = units {
        query.one_of(" and ", unit, units.iter().map(|u| u.0));
    }
    if let Some(named) = person {
        names(query, named, id, unit);
    }
    if let Some(from) = from {
        query.with(&format!(" and {day} >= "), from, "");
    }
    if let Some(to) = to {
        query.with(&format!(" and {day} <= "), to, "");
    }
    if let Some(at) = entered_from {
        query.with(" and e.entered_at >= ", at, "");
    }
    if let Some(late) = late {
        query.push(if *late { " and e.late" } else { " and not e.late" });
    }
    if let Some(incomplete) = incomplete {
        query.push(if *incomplete { " and e.incomplete" } else { " and not e.incomplete" });
    }
    let terms = words.as_deref().map(terms).unwrap_or_default();
    if !terms.is_empty() {
        query.push(&format!(
            " and exists (select 1 from entry_words w where w.institution_id = $1 and w.entry_id = {id}"
        ));
        if let Scope::Own { units, .. } = scope {
            // What one sees for having been there says less than what one's own branch wrote.
            query.one_of(" and ((", unit, units.iter().map(|u| u.0));
            compare(query, "w.words", terms.iter());
            query.push(") or (1 = 1");
            compare(query, &query.dialect.first_line("w.words"), terms.iter());
            query.push("))");
        } else {
            compare(query, "w.words", terms.iter());
        }
        query.push(")");
    }
    of_the_record(query, filter);
    if let Some((last, last_id)) = after {
        let sign = if *oldest_first { '>' } else { '<' };
        query.with(&format!(" and ({day}, {id}) {sign} ("), last, "");
        query.with(", ", last_id, ")");
    }
    scope.narrow(query, unit, MINE);
    (id, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_looked_through_only_where_that_is_sooner() {
        assert_eq!(further(NEWEST, 20, 51), 1_530);
        assert_eq!(further(NEWEST, 0, 51), 0, "rare");
        assert_eq!(further(NEWEST, 1, 51), 0, "rare");
        assert_eq!(further(1_530, 40, 51), 0, "once is enough");
    }
}
