//! The frame of a page: where one is, who one is, which day it is.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::Role;
use work::{Actor, Right, Said};

use crate::app::App;

use super::{day_words, weekday};

/// The entries of the navigation. A page says at which of them it stands: `frame.at(Place::Plan)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// 今天 (the Party office's morning).
    Today,
    /// 本月.
    Month,
    /// 流程.
    Cases,
    /// 催办: who is late.
    Late,
    /// 检查.
    Checks,
    /// 要点.
    Plan,
    /// 矩阵.
    Board,
    /// 记录.
    Entries,
    /// 报告.
    Reports,
    /// 本支部: the own unit's page, for those who answer for one.
    OwnUnit,
    /// 我的: what a member owes and took part in.
    Mine,
    /// 组织.
    Organisation,
    /// 人员.
    People,
    /// 学校 (system administrator).
    Institution,
    /// 校历 (system administrator).
    Calendar,
    /// 组织树 (system administrator).
    Units,
    /// 任务 (system administrator).
    Jobs,
    /// 账号 (system administrator).
    Accounts,
    /// 授权 (security administrator).
    Grants,
    /// 审计日志 (audit administrator).
    Audit,
    /// The account's own pages; in no navigation.
    Account,
}

impl Place {
    /// Where it leads.
    #[must_use]
    pub fn href(self) -> &'static str {
        match self {
            Self::Today => "/office",
            Self::Month => "/month",
            Self::Cases => "/cases",
            Self::Late => "/late",
            Self::Checks => "/checks",
            Self::Plan => "/plan",
            Self::Board => "/matrix",
            Self::Entries => "/entries",
            Self::Reports => "/reports",
            Self::OwnUnit => "/org/own",
            Self::Mine => "/mine",
            Self::Organisation => "/org",
            Self::People => "/people",
            Self::Institution => "/admin/institution",
            Self::Calendar => "/admin/calendar",
            Self::Units => "/admin/units",
            Self::Jobs => "/admin/jobs",
            Self::Accounts => "/admin/accounts",
            Self::Grants => "/admin/grants",
            Self::Audit => "/admin/audit",
            Self::Account => "/account",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Today => "今天",
            Self::Month => "本月",
            Self::Cases => "流程",
            Self::Late => "催办",
            Self::Checks => "检查",
            Self::Plan => "要点",
            Self::Board => "矩阵",
            Self::Entries => "记录",
            Self::Reports => "报告",
            Self::OwnUnit => "本支部",
            Self::Mine => "我的",
            Self::Organisation | Self::Units => "组织",
            Self::People => "人员",
            Self::Institution => "学校",
            Self::Calendar => "校历",
            Self::Jobs => "任务",
            Self::Accounts => "账号",
            Self::Grants => "授权",
            Self::Audit => "审计日志",
            Self::Account => "我的信息",
        }
    }

    fn right(self) -> Option<Right> {
        Some(match self {
            Self::Today => Right::EditPlan,
            Self::Month => Right::SeeMonth,
            Self::Plan => Right::SeePlan,
            Self::Board | Self::Late | Self::Checks => Right::SeeBoard,
            Self::Entries | Self::Cases => Right::SeeEntries,
            Self::Reports => Right::SeeReports,
            Self::OwnUnit | Self::Organisation => Right::SeeOrganisation,
            Self::Mine => Right::SeeEntries,
            Self::People => Right::SeePeople,
            Self::Institution | Self::Calendar | Self::Jobs => Right::SetUp,
            Self::Units => Right::EditUnits,
            Self::Accounts => Right::EditAccounts,
            Self::Grants => Right::Grant,
            Self::Audit => Right::Audit,
            Self::Account => return None,
        })
    }

    /// The order in which somebody finds the entries: those who owe something see their month first, the Party office the plan,
    /// a leader the reports. A phone shows the first five.
    fn order(actor: &Actor) -> &'static [Self] {
        const OFFICE: &[Place] = &[
            Place::Today,
            Place::Late,
            Place::Cases,
            Place::Plan,
            Place::Board,
            Place::Entries,
            Place::Reports,
            Place::Checks,
            Place::Organisation,
            Place::People,
            Place::Month,
        ];
        const LEADER: &[Place] = &[
            Place::Reports,
            Place::Plan,
            Place::Late,
            Place::Board,
            Place::Entries,
            Place::Cases,
            Place::Checks,
            Place::Organisation,
        ];
        const SECRETARY: &[Place] = &[
            Place::Month,
            Place::Entries,
            Place::Cases,
            Place::Checks,
            Place::Plan,
            Place::Late,
            Place::OwnUnit,
            Place::Organisation,
            Place::People,
        ];
        const MEMBER: &[Place] =
            &[Place::Mine, Place::Month, Place::Cases, Place::Plan, Place::Entries, Place::Organisation];
        const OTHERS: &[Place] = &[
            Place::Month,
            Place::Late,
            Place::Cases,
            Place::Entries,
            Place::Plan,
            Place::Board,
            Place::Checks,
            Place::Organisation,
            Place::People,
            Place::Reports,
            Place::Accounts,
            Place::Units,
            Place::Calendar,
            Place::Institution,
            Place::Jobs,
            Place::Grants,
            Place::Audit,
        ];
        if actor.is(Role::Office) {
            OFFICE
        } else if actor.is(Role::Leader) {
            LEADER
        } else if actor.is(Role::Secretary) {
            SECRETARY
        } else if actor.roles().all(|r| r == Role::Member) {
            MEMBER
        } else {
            OTHERS
        }
    }

    fn open_to(actor: &Actor) -> impl Iterator<Item = Self> {
        Self::order(actor).iter().copied().filter(|p| p.right().is_some_and(|r| actor.may(r)))
    }

    /// The page with which this person's day begins; for somebody without any role, their own.
    #[must_use]
    pub fn first(actor: &Actor) -> Self {
        Self::open_to(actor).next().unwrap_or(Self::Account)
    }
}

/// One entry of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavEntry {
    /// Which.
    pub place: Place,
    /// Where it leads.
    pub href: &'static str,
    /// Its word.
    pub word: &'static str,
    /// Whether one is there.
    pub here: bool,
}

/// Who is signed in, as the frame shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Name.
    pub name: String,
    /// What they are.
    pub role: String,
}

/// The frame of a page. A handler takes it as an argument, and names the page: `frame.titled("矩阵").at(Place::Board)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Title of the page, for the browser's tab.
    pub title: String,
    /// Name of the institution.
    pub institution: String,
    /// 4月22日 周三　第8周.
    pub day: String,
    /// The entries that are open to this person.
    pub nav: Vec<NavEntry>,
    /// Who is signed in.
    pub who: Option<Who>,
    /// How much is late, returned or released to this person; none for nobody.
    pub bell: Option<u64>,
    /// Where the search form leads, for those who may search.
    pub find: Option<&'static str>,
    /// What was done just now.
    pub said: Option<Said>,
    /// Something to know about the page: that it shows a past day.
    pub note: Option<Said>,
    /// Whether it prints across.
    pub wide: bool,
}

/// How many entries of the nav fit beside one another on a telephone; the others stand behind 更多.
const FITS: usize = 4;

impl Frame {
    /// The frame for this person, or for nobody. What cannot be read is left out: an error page must never fail.
    pub async fn of(app: &App, actor: Option<&Actor>) -> Self {
        let today = app.clock.today();
        let mut frame = Self {
            title: "落实".to_owned(),
            institution: String::new(),
            day: format!("{} {}", day_words(today), weekday(today)),
            nav: Vec::new(),
            who: None,
            bell: None,
            find: None,
            said: None,
            note: None,
            wide: false,
        };
        if let Some(actor) = actor {
            if let Ok(known) = app.known(actor.institution).await {
                frame.institution.clone_from(&known.organisation.name);
                if let Some(week) = known.calendar.week_of_term(today) {
                    frame.day = format!("{}　第{week}周", frame.day);
                } else if let Some(rest) = known.calendar.vacations.iter().find(|v| v.holds(today)) {
                    frame.day = format!("{}　{}", frame.day, rest.name);
                }
            }
            frame.nav = Place::open_to(actor)
                .map(|place| NavEntry { place, href: place.href(), word: place.word(), here: false })
                .collect();
            let roles: Vec<&str> = actor.roles().map(Role::word).collect();
            frame.who = Some(Who { name: actor.name.clone(), role: roles.join("、") });
            frame.bell = work::chase::bell(app, actor).await.ok().map(|b| b.number());
            frame.find = actor.may(Right::SeeEntries).then_some("/find");
        }
        frame
    }

    /// Whether the nav has more entries than fit on a telephone.
    #[must_use]
    pub fn folds_any(&self) -> bool {
        self.nav.len() > FITS
    }

    /// Whether the entry at this place stands behind 更多 where the screen is narrow.
    #[must_use]
    pub fn folds(&self, place: &usize) -> bool {
        *place >= FITS
    }

    /// Whether the page that is shown is one of those behind 更多.
    #[must_use]
    pub fn folded_here(&self) -> bool {
        self.nav.iter().skip(FITS).any(|n| n.here)
    }

    /// With this title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Standing at this entry of the navigation.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        for entry in &mut self.nav {
            entry.here = entry.place == place;
        }
        self
    }

    /// With something to know above the page.
    #[must_use]
    pub fn noting(mut self, note: Said) -> Self {
        self.note = Some(note);
        self
    }

    /// Printed across.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }
}

impl FromRequestParts<App> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let mut frame = Self::of(app, parts.extensions.get::<Actor>()).await;
        frame.said = crate::cookie::said(&parts.headers);
        Ok(frame)
    }
}
