//! The built-in rulebook holds together.

use std::collections::BTreeSet;

use jiff::civil::{Weekday, date};
use model::rule::{FieldType, Level, Privacy};
use model::{Cadence, Condition, Ratio, UnitKind};
use rulebook::Rulebook;

/// The built-in rulebook, or its faults as a person would read them.
fn built_in() -> Rulebook {
    Rulebook::built_in().unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("{f} {}", f.help)).collect();
        panic!("{} faults:\n{}", faults.len(), lines.join("\n"))
    })
}

#[test]
fn the_built_in_rulebook_has_no_faults() {
    let rulebook = built_in();
    assert_eq!(rulebook.version().len(), 12);
    assert_eq!(rulebook.version(), built_in().version());
}

#[test]
fn every_mechanism_leads_to_a_record() {
    let rulebook = built_in();
    assert!(rulebook.mechanisms().len() >= 60);
    for m in rulebook.mechanisms() {
        assert!(m.ledger.is_some(), "{} would be shown by nothing", m.id);
        assert!(m.ledger.iter().all(|l| rulebook.ledger(l).is_some()), "{}", m.id);
        assert!(m.brings.iter().all(|o| rulebook.obligation(o).is_some()), "{}", m.id);
        for name in m.aliases.iter().chain([&m.title]) {
            assert!(name.chars().count() >= 2, "“{name}” of {} would be found everywhere", m.id);
        }
        for hiding in &m.not_within {
            let names = m.aliases.iter().chain([&m.title]);
            let plain = |w: &str| w.replace(['“', '”'], "");
            assert!(
                names.clone().any(|n| plain(hiding).contains(&plain(n))),
                "{hiding} hides no name of {}",
                m.id
            );
        }
    }
}

#[test]
fn hard_rules_cite_a_title_that_was_seen() {
    let rulebook = built_in();
    let on_two_days = [date(2022, 6, 1), date(2026, 6, 1)].into_iter().flat_map(|d| rulebook.in_force(d));
    for o in on_two_days {
        let Some(regulation) = rulebook.regulation(&o.source.regulation) else {
            assert!(!o.source.level.is_hard(), "{} is a hard rule without a regulation", o.id);
            continue;
        };
        if o.source.level.is_hard() {
            assert!(regulation.seen, "{} rests on a title from memory", o.id);
            assert!(o.since.is_some(), "{} does not say since when", o.id);
            let issued = regulation.issued.or(regulation.effective);
            assert!(
                issued.is_none_or(|i| o.since.is_some_and(|s| i <= s)),
                "{} holds before its source",
                o.id
            );
        }
    }
}

#[test]
fn a_setting_never_binds_without_saying_so() {
    for o in built_in().obligations() {
        let setting = matches!(o.source.level, Level::School | Level::Practice);
        assert!(!setting || o.note.contains("设定") || o.note.contains("惯例"), "{}: {}", o.id, o.note);
    }
}

#[test]
fn obligations_can_be_shown_by_those_who_bear_them() {
    let rulebook = built_in();
    for o in rulebook.obligations() {
        let ledger = rulebook.ledger(&o.ledger).expect("the loader has made sure");
        if o.bearers.members {
            assert!(
                ledger.kept_by.contains(&UnitKind::Branch),
                "{}: a member's branch keeps the ledger",
                o.id
            );
        } else {
            for kind in &o.bearers.kinds {
                assert!(ledger.kept_by.contains(kind), "{}: {kind:?} does not keep {}", o.id, ledger.id);
            }
        }
        let hours = matches!(o.cadence, Cadence::Hours { .. });
        // What a unit owes about somebody in hours (讲课的课时) is no study of theirs; its ledger only has to ask the hours.
        let holds = ledger.counts_hours
            || (o.bearers.about.is_some() && ledger.meaning(model::rule::Means::Hours).is_some());
        assert!(!hours || holds, "{} counts hours that {} does not hold", o.id, ledger.id);
    }
}

#[test]
fn every_ledger_can_be_filled_in() {
    let rulebook = built_in();
    for l in rulebook.ledgers() {
        assert!(!l.complete.is_empty() && !l.columns.is_empty() && !l.kept_by.is_empty(), "{}", l.id);
        assert!(l.columns.len() <= 5, "{}: a list of {} columns does not fit", l.id, l.columns.len());
        let field = |id: &str| l.field(id);
        for c in &l.columns {
            let f = field(c).expect("the loader has made sure");
            assert!(
                f.privacy != Privacy::Restricted || l.id == "four-forms",
                "{}: {c} would stand in every list",
                l.id
            );
        }
        let wanted: Vec<&str> = l.complete.iter().filter_map(Condition::wants).collect();
        for id in &wanted {
            // What is asked only sometimes can be wanted only where the choice on which it hangs is wanted too.
            let on = field(id).and_then(|f| f.when.as_ref()).map(|(other, _)| other.as_str());
            assert!(on.is_none_or(|other| wanted.contains(&other)), "{}: {id}", l.id);
        }
        assert!(!l.together.contains(&l.id), "{} together with itself", l.id);
        for other in &l.together {
            let other = rulebook.ledger(other).expect("the loader has made sure");
            assert!(other.together.contains(&l.id), "{} and {}", l.id, other.id);
            assert!(
                l.kept_by.iter().any(|k| other.kept_by.contains(k)),
                "{} and {}: kept by nobody in common",
                l.id,
                other.id
            );
        }
    }
}

#[test]
fn a_combined_meeting_asks_each_fact_once() {
    let rulebook = built_in();
    let fields = |id: &str| -> BTreeSet<String> {
        rulebook.ledger(id).expect("it is there").fields.iter().map(|f| f.id.clone()).collect()
    };
    for id in ["branch-assembly", "party-lecture", "theme-day"] {
        for shared in ["topic", "host", "people", "place", "starts"] {
            assert!(fields(id).contains(shared), "{id} calls {shared} something else");
        }
    }
    let theme_day = rulebook.ledger("theme-day").expect("it is there");
    assert!(["branch-assembly", "party-lecture"].iter().all(|l| theme_day.together.iter().any(|t| t == l)));
    assert!(theme_day.counts_hours);
}

#[test]
fn the_ledgers_that_a_college_starts_with_are_there() {
    let rulebook = built_in();
    for (id, title) in [
        ("center-group", "党委理论学习中心组学习"),
        ("branch-assembly", "支部党员大会"),
        ("committee-meeting", "支部委员会会议"),
        ("group-meeting", "党小组会"),
        ("party-lecture", "党课"),
        ("theme-day", "主题党日"),
        ("organisation-life", "组织生活会"),
        ("member-review", "民主评议党员"),
        ("heart-talk", "谈心谈话"),
        ("training", "教育培训学时"),
        ("self-check", "专项自查"),
        ("comprehensive-check", "综合检查"),
        ("leadership-study", "研究部署"),
        ("responsibility-letter", "责任书签订"),
        ("model-selection", "典型选树和表彰"),
        ("general-work", "一般工作落实"),
        ("dues", "党费收缴"),
        ("progress-note", "工作进展说明"),
        ("secretary-debrief", "书记述职评议考核"),
    ] {
        assert_eq!(rulebook.ledger(id).map(|l| l.title.as_str()), Some(title), "{id}");
    }
    let note = rulebook.ledger("progress-note").expect("it is there");
    assert!(note.kept_by.contains(&UnitKind::Department), "a leading department owes progress notes");
    let forms = rulebook.ledger("four-forms").expect("it is there");
    let numbers = forms.fields.iter().filter(|f| f.kind == FieldType::Number);
    assert!(
        forms.fields.iter().all(|f| f.privacy == Privacy::Restricted),
        "for the discipline committee only"
    );
    assert!(numbers.clone().count() == 4 && numbers.clone().all(|f| f.privacy == Privacy::Restricted));
    assert_eq!(forms.kept_by, [UnitKind::Discipline]);
}

#[test]
fn three_meetings_and_a_lecture_are_four_obligations() {
    let rulebook = built_in();
    let mechanism = rulebook.mechanism("three-meetings-one-lecture").expect("it is there");
    assert_eq!(mechanism.brings, ["branch-assembly", "committee-meeting", "group-meeting", "party-lecture"]);
    let committee = rulebook.obligation("committee-meeting").expect("it is there");
    assert!(committee.bearers.with.contains("committee"), "a branch without a committee holds none");
}

/// What says something about one person, or counts findings about people, is not for everybody.
#[test]
fn what_is_about_one_person_is_narrow() {
    let rulebook = built_in();
    let privacy = |ledger: &str, id: &str| {
        let ledger = rulebook.ledger(ledger).expect("it is there");
        ledger.fields.iter().find(|f| f.id == id).map(|f| f.privacy)
    };
    for (ledger, id) in [
        ("ethics-file", "person"),
        ("ethics-file", "ethics_result"),
        ("ethics-file", "reason"),
        ("ethics-appraisal", "ethics_failed"),
        ("talent-check", "person"),
        ("talent-check", "conclusion"),
        ("warning-talk", "counterpart"),
        ("conduct-problem", "counterpart"),
        ("united-front", "contact_person"),
        ("secretary-debrief", "grade"),
        ("dues", "dues_unpaid"),
    ] {
        assert_eq!(privacy(ledger, id), Some(Privacy::Restricted), "{ledger}: {id}");
    }
    for (ledger, id) in
        [("heart-talk", "content"), ("floating-members", "person"), ("member-review", "finding")]
    {
        assert_eq!(privacy(ledger, id), Some(Privacy::Branch), "{ledger}: {id}");
    }
}

/// The checklist says who signed which part on which day; there is no place for what anybody thinks.
#[test]
fn the_talent_checklist_has_no_place_for_opinions() {
    let rulebook = built_in();
    let check = rulebook.ledger("talent-check").expect("it is there");
    assert!(check.fields.iter().all(|f| f.kind != FieldType::LongText));
    let signed = check.fields.iter().filter(|f| f.id.starts_with("gate_") && f.kind == FieldType::Person);
    assert_eq!(signed.count(), 5);
}

#[test]
fn national_proportions_are_computed() {
    let rulebook = built_in();
    let warns = |id: &str| rulebook.ledger(id).expect("it is there").warns.clone();
    let share = |w: &Condition| match w {
        Condition::Share(p) => Some((p.most, p.ratio)),
        _ => None,
    };
    let one_in = |whole| Ratio { part: 1, whole };
    assert_eq!(warns("member-review").iter().map(share).collect::<Vec<_>>(), [Some((true, one_in(3)))]);
    assert_eq!(
        warns("ideology-staffing").iter().map(share).collect::<Vec<_>>(),
        [350, 200, 100, 1].map(|whole| Some((false, one_in(whole))))
    );
    assert!(matches!(warns("responsibility-letter").as_slice(), [Condition::Covers { .. }]));
}

#[test]
fn a_title_that_was_replaced_says_by_what_and_when() {
    let rulebook = built_in();
    let of = |id: &str| rulebook.regulation(id).unwrap_or_else(|| panic!("no {id}"));
    let school = of("party_school_2008");
    assert_eq!(school.replaced_by.as_deref(), Some("party_school_2019"));
    assert_eq!(school.replaced_on, Some(date(2019, 10, 25)), "a plan of 2022 that cites it is told");
    assert_eq!(of("sanction_authority_2022").issuer, "中共中央");
    assert_eq!(of("unqualified_member_2024").issued, Some(date(2024, 6, 16)));
    assert_eq!(of("cybersecurity_law").effective, Some(date(2026, 1, 1)));
}

#[test]
fn what_only_shows_steps_of_procedures_is_offered_to_nobody() {
    let rulebook = built_in();
    let offered: BTreeSet<&str> = rulebook.offered_ledgers().iter().map(|l| l.id.as_str()).collect();
    for id in ["theme-day", "member-development", "rectification", "membership-transfer", "general-work"] {
        assert!(offered.contains(id), "{id}");
    }
    for id in ["election-candidates", "appeal-decision", "transfer-receipt"] {
        assert!(rulebook.ledger(id).is_some() && !offered.contains(id), "{id}");
    }
}

#[test]
fn no_photo_is_ever_wanted() {
    for l in built_in().ledgers() {
        for f in &l.fields {
            assert!(!f.title.contains("照片") && !f.title.contains("打卡"), "{}: {}", l.id, f.title);
        }
    }
}

#[test]
fn the_register_holds_right_titles_only() {
    let rulebook = built_in();
    assert!(rulebook.regulations().len() >= 350);
    let misquotes: toml::Table = include_str!("misquotes.toml").parse().expect("TOML");
    for m in misquotes["misquote"].as_array().expect("[[misquote]]") {
        let word = |key: &str| m[key].as_str().expect("text");
        let (wrong, right) = (word("wrong"), word("right"));
        assert!(rulebook.regulation(right).is_some(), "{right}");
        for r in rulebook.regulations() {
            let named = r.title == wrong || r.aliases.iter().any(|a| a == wrong);
            assert!(!named || r.replaced_by.is_some(), "“{wrong}” stands as a right name of {}", r.id);
        }
    }
    for r in rulebook.regulations() {
        assert_eq!(r.replaced_by.is_some(), r.replaced_on.is_some(), "{}: replaced, but since when?", r.id);
        if let (Some(on), Some(issued)) = (r.replaced_on, r.issued) {
            assert!(issued < on, "{} was replaced before it was issued", r.id);
        }
    }
    let old = rulebook.regulation("united_front_2015_trial").expect("it is there");
    assert_eq!(old.replaced_on, Some(date(2020, 12, 21)));
}

#[test]
fn what_is_no_regulation_is_not_in_the_register() {
    let rulebook = built_in();
    for title in rulebook.not_regulations() {
        assert!(
            rulebook.regulations().iter().all(|r| r.title != *title && !r.aliases.contains(title)),
            "{title}"
        );
    }
    assert!(rulebook.not_regulations().iter().any(|t| t == "一本通"));
}

#[test]
fn word_lists_are_there_and_collectives_come_longest_first() {
    let rulebook = built_in();
    let lexicon = rulebook.lexicon();
    for list in [
        "vague_rhythm",
        "vague_prompt",
        "directional_verbs",
        "directional_objects",
        "deliverable_verbs",
        "deliverable_objects",
        "unit_suffix",
    ] {
        assert!(!lexicon.words(list).is_empty(), "{list}");
    }
    assert!(lexicon.words("none").is_empty());
    let branches = lexicon.collective("各支部").expect("it is there");
    assert_eq!(branches.kinds.iter().copied().collect::<Vec<_>>(), [UnitKind::Branch]);
    assert!(lexicon.collective("全体党员").is_some_and(|c| c.members));
    assert!(lexicon.collectives().is_sorted_by(|a, b| a.name.len() >= b.name.len()));
}

#[test]
fn the_calendar_knows_the_notices_and_falls_back_to_usual_days() {
    let rulebook = built_in();
    let data = rulebook.calendar_data();
    for y in data.years() {
        for d in &y.makeup_days {
            let weekend = matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert!(weekend, "{d}: one makes up on a Saturday or a Sunday");
        }
        assert_eq!(y.terms.len(), 2, "{}", y.year);
        assert!(
            !y.notice.is_empty() || y.makeup_days.is_empty(),
            "{}: make-up days without a notice",
            y.year
        );
    }
    let y2022 = data.year(2022);
    let off: i32 = y2022.holidays.iter().map(|h| h.from.until(h.to).expect("in order").get_days() + 1).sum();
    assert_eq!((off, y2022.makeup_days.len()), (31, 7));
    let far = data.year(2050);
    assert!(far.notice.is_empty() && far.makeup_days.is_empty() && !far.holidays.is_empty());
    let autumn = far.terms.last().expect("two terms");
    assert_eq!((autumn.from, autumn.to), (date(2050, 9, 1), date(2051, 1, 15)));
}

/// A year without a notice has the holidays that the law gives it: 除夕 and a second day of May since 2025.
#[test]
fn a_year_without_a_notice_has_its_lunar_holidays() {
    let rulebook = built_in();
    let holidays = |year: i16| -> Vec<(String, jiff::civil::Date, jiff::civil::Date)> {
        let year = rulebook.calendar_data().year(year);
        year.holidays.into_iter().map(|h| (h.name, h.from, h.to)).collect()
    };
    let one = |name: &str, from, to| (name.to_owned(), from, to);
    assert_eq!(
        holidays(2029),
        [
            one("元旦", date(2029, 1, 1), date(2029, 1, 1)),
            one("春节", date(2029, 2, 12), date(2029, 2, 15)),
            one("清明节", date(2029, 4, 4), date(2029, 4, 4)),
            one("劳动节", date(2029, 5, 1), date(2029, 5, 2)),
            one("端午节", date(2029, 6, 16), date(2029, 6, 16)),
            one("中秋节", date(2029, 9, 22), date(2029, 9, 22)),
            one("国庆节", date(2029, 10, 1), date(2029, 10, 3)),
        ]
    );
    let before = holidays(2021);
    assert!(before.contains(&one("春节", date(2021, 2, 12), date(2021, 2, 14))), "{before:?}");
    assert!(before.contains(&one("劳动节", date(2021, 5, 1), date(2021, 5, 1))), "{before:?}");
    assert!(rulebook.calendar_data().gives("春节", 2029));
}

/// What the text asks about each person is owed about each, and one page records them all: its ledger has a line for each.
#[test]
fn what_is_owed_about_each_person_can_be_written_on_one_page() {
    let rulebook = built_in();
    for (id, stages, posts, category) in [
        ("pledge", 2, 0, ""),
        ("pledge-fulfilment", 2, 0, ""),
        ("heart-talk-committee-member", 2, 0, ""),
        ("heart-talk-members", 2, 0, ""),
        ("heart-talk-committee", 0, 8, ""),
        ("abroad-contact", 2, 0, "abroad"),
        ("activist-examination", 1, 0, ""),
        ("probation-examination", 1, 0, ""),
    ] {
        let rule = rulebook.obligation(id).expect("it is there");
        let about = rule.bearers.about.as_ref().unwrap_or_else(|| panic!("{id} is owed once by the unit"));
        assert_eq!((about.stages.len(), about.posts.len()), (stages, posts), "{id}");
        assert_eq!(about.categories.iter().map(String::as_str).collect::<String>(), category, "{id}");
        let ledger = rulebook.ledger(&rule.ledger).expect("it is there");
        let first = |f: &model::rule::Field| f.rows.first().map(|column| column.kind);
        assert!(ledger.fields.iter().any(|f| first(f) == Some(FieldType::Person)), "{id}: no line for each");
    }
}

/// Figures and lists that were read against the text.
#[test]
fn what_was_read_in_the_text_stands() {
    let rulebook = built_in();
    for id in [
        "organisation-life",
        "member-review",
        "democratic-life",
        "secretary-debrief",
        "secretary-debrief-assembly",
        "committee-secretary-debrief",
    ] {
        let rule = rulebook.obligation(id).expect("it is there");
        assert_eq!(rule.account_until, Some((3, 31)), "{id}: the year's account stays open into spring");
        let ledger = rulebook.ledger(&rule.ledger).expect("it is there");
        assert!(
            ledger.meaning(model::rule::Means::YearOfAccount).is_some(),
            "{}: which year is not asked",
            ledger.id
        );
    }
    for id in ["branch-assembly", "committee-meeting"] {
        let complete = &rulebook.ledger(id).expect("it is there").complete;
        let quorum = complete.iter().any(|c| matches!(c, Condition::Quorum { .. }));
        assert!(!quorum, "{id}: a quorum is asked of votes only");
    }
    let seats = ["书记", "副书记", "组织委员", "宣传委员", "纪检委员", "统战委员", "青年委员", "保密委员"];
    let hours = rulebook.obligation("secretary-hours").expect("it is there");
    assert_eq!(hours.bearers.posts, seats.iter().map(|s| (*s).to_owned()).collect());
    let talk = rulebook.ledger("warning-talk").expect("it is there");
    let kinds: Vec<&str> =
        talk.fields.iter().flat_map(|f| &f.options).map(|(_, word)| word.as_str()).collect();
    for word in ["谈话提醒", "批评教育", "责令检查", "诫勉"] {
        assert!(kinds.contains(&word), "{word} is none of {kinds:?}");
    }
    let report = rulebook.obligation("education-report").expect("it is there");
    assert_eq!(report.cadence, model::Cadence::Standing, "part of the yearly report, no record of its own");
}
