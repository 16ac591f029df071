//! Rules of votes, facts about articles, settings of the institution: what the guards of procedures rest on.

use super::{Cite, Rank};
use crate::Ratio;

/// Of whom a share is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShareOf {
    /// Of those due.
    Due,
    /// Of those present.
    Present,
}

/// A share that must be reached, or gone beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub ratio: Ratio,
    /// Whether more than that is asked (超过半数); else it is enough (半数以上).
    pub more: bool,
    /// Of whom.
    pub of: ShareOf,
}

impl Share {
    /// Whether so many of so many are enough.
    #[must_use]
    pub fn is_met(self, count: i64, whole: i64) -> bool {
        let (has, asked) = (
            count.saturating_mul(i64::from(self.ratio.whole)),
            whole.saturating_mul(i64::from(self.ratio.part)),
        );
        if self.more { has > asked } else { has >= asked }
    }

    /// The share in Chinese: 超过半数, 五分之四以上.
    #[must_use]
    pub fn words(self) -> String {
        let part = match (self.ratio.part, self.ratio.whole) {
            (1, 2) => "半数".to_owned(),
            (a, b) => format!("{a}/{b}"),
        };
        if self.more { format!("超过{part}") } else { format!("达到{part}") }
    }
}

/// By which fields records say a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoteFields {
    /// 应到有表决权人数.
    pub due: String,
    /// Of these the full members, where it is counted apart.
    pub due_full: String,
    /// 不计入应到会.
    pub excluded: String,
    /// Why they are left out, and who agreed: all of these fields are asked for.
    pub excluded_needs: Vec<String>,
    /// 实到有表决权人数.
    pub present: String,
    /// 发出.
    pub issued: String,
    /// 收回.
    pub returned: String,
    /// 赞成.
    pub yes: String,
    /// 书面意见赞成.
    pub written: String,
    /// The votes of one line, of an election.
    pub line_yes: String,
}

impl VoteFields {
    /// The ids of all of them.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        let Self {
            due,
            due_full,
            excluded,
            excluded_needs,
            present,
            issued,
            returned,
            yes,
            written,
            line_yes,
        } = self;
        let named = [due, due_full, excluded, present, issued, returned, yes, written, line_yes];
        named.into_iter().chain(excluded_needs)
    }
}

/// Who may be left out of those due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// On what it rests.
    pub cite: Cite,
}

/// What a rating has beside other votes: it measures opinion and decides nothing. A blank row, and one's own, is not rated,
/// which is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Whether shares are told of the ballots returned; else of the rows that say something.
    pub of_returned: bool,
    /// With fewer ballots than this of one kind only totals are told.
    pub few: u32,
}

/// A rule of votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRule {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// How many must come; none where no text says.
    pub quorum: Option<(Share, Cite)>,
    /// How many must agree.
    pub pass: Option<(Share, Cite)>,
    /// Whether only full members are counted among those due, for the passing.
    pub full_members: bool,
    /// Whether written opinions are counted among the votes (never among those present).
    pub written: bool,
    /// Whether some may be left out of those due.
    pub excluded: Option<Excluded>,
    /// Whether the ballot is secret.
    pub secret: bool,
    /// On what it rests that each is voted on by itself; none where several may be voted on together.
    pub one_by_one: Option<Cite>,
    /// That it is a rating, and how one is told.
    pub rating: Option<Rating>,
    /// The fields by which records say the count.
    pub fields: VoteFields,
}

/// What an article does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// 应当、必须、不得.
    Must,
    /// A plain demand.
    Should,
    /// 可以.
    May,
    /// 一般.
    Generally,
    /// 是、为.
    Defines,
}

impl Modality {
    /// Every modality with its id.
    pub const IDS: [(&'static str, Self); 5] = [
        ("must", Self::Must),
        ("should", Self::Should),
        ("may", Self::May),
        ("generally", Self::Generally),
        ("defines", Self::Defines),
    ];
}

/// One demand of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Id: regulation and article (`branch_2018:11d`).
    pub id: String,
    /// Id of the regulation.
    pub regulation: String,
    /// The article (第11条).
    pub no: String,
    /// What it asks, in our own words; empty where nobody wrote it down.
    pub says: String,
    /// What it does.
    pub modality: Modality,
    /// How high it stands.
    pub rank: Rank,
    /// Whether its text was read.
    pub read: bool,
    /// Whether what it asks refuses a step that lacks it.
    pub refuses: bool,
}

/// A setting of the institution that procedures ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// How it stands where nobody set it.
    pub on: bool,
}
