//! A fresh database for each test, with one small institution in it.

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, InstitutionId, Membership, MembershipId, Person, PersonId, Post, PostId, Stage, Unit, UnitId,
    UnitKind,
};
use store::{Act, Blobs, Keys, NewAccount, People, Store, StoreError, Target};

/// Which engine a test runs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// An open store and what is in it.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) target: Target,
    pub(crate) inst: InstitutionId,
    /// 党委, 第一总支, 第一支部, 第二支部.
    pub(crate) units: [UnitId; 4],
    /// Two members of 第一支部, one of 第二支部.
    pub(crate) people: [PersonId; 3],
    /// Of the office.
    pub(crate) clerk: AccountId,
    pub(crate) keys: Keys,
    /// Where the bytes of files lie.
    pub(crate) files: tempfile::TempDir,
    directory: Option<tempfile::TempDir>,
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a day in the test")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant in the test")
}

/// The instant at which the fixture was made.
pub(crate) fn start() -> Timestamp {
    at("2026-01-05T01:00:00Z")
}

/// A fresh target; none (and a loud line) when there is no server for it.
pub(crate) async fn fresh_target(engine: Engine) -> Option<(Target, Option<tempfile::TempDir>)> {
    match engine {
        Engine::Sqlite => {
            let directory = tempfile::tempdir().expect("a temporary directory");
            Some((Target::Sqlite(directory.path().join("luoshi.db")), Some(directory)))
        }
        Engine::Postgres => {
            let url = testkit::postgres()?;
            let schema = format!("test_{}", InstitutionId::fresh().0.simple());
            raw(&Target::Postgres(url.clone()), &format!("create schema {schema}"))
                .await
                .expect("a schema of its own");
            let mark = if url.contains('?') { '&' } else { '?' };
            Some((Target::Postgres(format!("{url}{mark}options=-c%20search_path%3D{schema}")), None))
        }
    }
}

/// Runs SQL behind the store's back.
pub(crate) async fn raw(target: &Target, sql: &str) -> Result<u64, sea_orm::DbErr> {
    use sea_orm::ConnectionTrait as _;
    let url = match target {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(url) => url.clone(),
    };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await?;
    let done = db.execute_unprepared(sql).await?.rows_affected();
    db.close().await?;
    Ok(done)
}

impl Fixture {
    pub(crate) async fn make(engine: Engine) -> Option<Self> {
        let (target, directory) = fresh_target(engine).await?;
        let keys = Keys::passing();
        let files = tempfile::tempdir().expect("a folder for files");
        let store = Store::open(&target, start())
            .await
            .expect("the store opens")
            .with_keys(keys.clone())
            .with_blobs(Blobs::folder(files.path()).expect("a folder for files"));
        let inst = InstitutionId::fresh();
        let clerk = AccountId::fresh();
        let fixture = Self {
            store,
            target,
            inst,
            units: std::array::from_fn(|_| UnitId::fresh()),
            people: std::array::from_fn(|_| PersonId::fresh()),
            clerk,
            keys,
            files,
            directory,
        };
        fixture.fill().await.expect("the fixture's own data");
        Some(fixture)
    }

    async fn fill(&self) -> Result<(), StoreError> {
        let act = Act::new(None, "", start(), "fixture");
        self.store.create_institution(self.inst, "春晖职业技术学院", &act).await?;
        let [root, general, first, second] = self.units;
        self.store
            .save_units(
                self.inst,
                &[
                    unit(second, Some(general), UnitKind::Branch, "第二党支部", 2),
                    unit(first, Some(general), UnitKind::Branch, "第一党支部", 1),
                    unit(general, Some(root), UnitKind::GeneralBranch, "第一党总支", 1),
                    unit(root, None, UnitKind::Committee, "学校党委", 1),
                ],
                &act,
            )
            .await?;
        let [one, two, three] = self.people;
        let member = |person, branch| Membership {
            id: MembershipId::fresh(),
            person,
            branch,
            group: None,
            stage: Stage::Full,
            since: day("2020-01-01"),
            until: None,
        };
        self.store
            .save_people(
                self.inst,
                &People {
                    people: vec![person(one, "林一"), person(two, "周二"), person(three, "吴三")],
                    memberships: vec![member(one, first), member(two, first), member(three, second)],
                    posts: vec![Post {
                        id: PostId::fresh(),
                        person: one,
                        unit: first,
                        title: "书记".to_owned(),
                        since: day("2024-01-01"),
                        until: None,
                    }],
                },
                &act,
            )
            .await?;
        self.store
            .create_accounts(
                self.inst,
                &[NewAccount {
                    id: self.clerk,
                    person: Some(one),
                    login: "Clerk".to_owned(),
                    name: "林一".to_owned(),
                    password: "$argon2id$one".to_owned(),
                }],
                &act,
            )
            .await
    }

    /// The clerk does something.
    pub(crate) fn act(&self, action: &str) -> Act {
        Act::new(Some(self.clerk), "10.0.0.7", at("2026-04-20T06:00:00Z"), action)
    }

    /// Whether several processes may share this database.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.target, Target::Postgres(_))
    }

    pub(crate) async fn end(self) {
        self.store.close().await.expect("the store closes");
        if let Target::Postgres(url) = &self.target
            && let Some((base, schema)) = url.split_once("options=-c%20search_path%3D")
        {
            let base = Target::Postgres(base.trim_end_matches(['?', '&']).to_owned());
            raw(&base, &format!("drop schema {schema} cascade")).await.expect("the schema goes");
        }
        drop(self.directory);
    }
}

pub(crate) fn unit(id: UnitId, parent: Option<UnitId>, kind: UnitKind, name: &str, sort: i32) -> Unit {
    Unit {
        id,
        parent,
        kind,
        name: name.to_owned(),
        aliases: vec![format!("{name}（简称）")],
        traits: ["staff".to_owned()].into(),
        sort,
        founded: Some(day("2019-09-01")),
        dissolved: None,
    }
}

pub(crate) fn person(id: PersonId, name: &str) -> Person {
    Person { id, name: name.to_owned(), number: "0042".to_owned(), kind: "staff".to_owned() }
}

/// Declares a test that runs on every engine: `story!(name, |f| { … })`, `f` being a [`Fixture`].
macro_rules! story {
    ($(#[doc = $doc:literal])* $name:ident, |$f:ident| $body:block) => {
        $(#[doc = $doc])*
        async fn $name($f: &crate::fixture::Fixture) $body

        mod $name {
            #[tokio::test]
            async fn sqlite() {
                if let Some(f) = crate::fixture::Fixture::make(crate::fixture::Engine::Sqlite).await {
                    super::$name(&f).await;
                    f.end().await;
                }
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(f) = crate::fixture::Fixture::make(crate::fixture::Engine::Postgres).await {
                    super::$name(&f).await;
                    f.end().await;
                }
            }
        }
    };
}
pub(crate) use story;
