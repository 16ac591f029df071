//! A small institution with one account for each role, and requests in their name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::{
    AccountId, GrantId, InstitutionId, Membership, MembershipId, Person, PersonId, Role, Stage, Unit, UnitId,
    UnitKind,
};
use rulebook::Rulebook;
use store::{Act, NewAccount, People, Session, Store, Target, sha256};
use testkit::Page;
use tower::ServiceExt as _;
use web::App;
use work::password;
use work::{Clock, Settings};

use crate::engine::Database;
use crate::walked;

/// The day on which the tests live.
pub(crate) const TODAY: Date = Date::constant(2022, 4, 22);
/// Everybody's password.
pub(crate) const PASSWORD: &str = "Qingwu-2022";

static RULEBOOK: LazyLock<Arc<Rulebook>> =
    LazyLock::new(|| Arc::new(Rulebook::built_in().expect("the built-in rulebook has no mistakes")));
// Hashing is slow on purpose; once is enough.
static HASH: LazyLock<String> = LazyLock::new(|| password::hash(PASSWORD, false).expect("a salt"));

/// A server without a network.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) institution: InstitutionId,
    /// Units by name.
    pub(crate) units: BTreeMap<&'static str, UnitId>,
    /// The one member on the roster.
    pub(crate) member: PersonId,
    /// Accounts by role; their logins are the roles' ids.
    pub(crate) accounts: BTreeMap<Role, AccountId>,
    pub(crate) tokens: BTreeMap<Role, String>,
    place: Place,
}

/// Where the data of one test lie; all of it goes when this is dropped.
pub(crate) struct Place {
    database: Database,
    dir: tempfile::TempDir,
}

impl Place {
    /// Where the bytes of files lie.
    fn files(&self) -> PathBuf {
        self.dir.path().join("files")
    }
}

/// An empty store and a router on it, as at the first start.
pub(crate) async fn bare(settings: Settings) -> (App, Router, Place) {
    bare_on(settings, Arc::clone(&RULEBOOK)).await
}

/// The same with another rulebook.
async fn bare_on(settings: Settings, rulebook: Arc<Rulebook>) -> (App, Router, Place) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let database = Database::make(dir.path()).await;
    let place = Place { database, dir };
    let store = Store::open(&place.database.target(), wall())
        .await
        .expect("a new store")
        .with_keys(store::Keys::passing())
        .with_blobs(store::Blobs::folder(&place.files()).expect("a folder"));
    let app = App::new(store, rulebook, Clock::Standing(TODAY), settings);
    let router = server::router(&app);
    (app, router, place)
}

pub(crate) fn wall() -> Timestamp {
    Clock::Real.wall()
}

impl TestApp {
    /// The institution with its units and accounts, on the default settings.
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// The same on other settings.
    pub(crate) async fn with(settings: Settings) -> Self {
        Self::on(settings, Arc::clone(&RULEBOOK)).await
    }

    /// The same on other settings and another rulebook.
    pub(crate) async fn on(settings: Settings, rulebook: Arc<Rulebook>) -> Self {
        let (app, router, place) = bare_on(settings, rulebook).await;
        let store = &app.store;
        let act = Act::new(None, "", app.clock.now(), "test.make");
        let institution = InstitutionId::fresh();
        store.create_institution(institution, "青梧职业技术学院", &act).await.expect("an institution");
        let mut units = BTreeMap::new();
        let mut rows = Vec::new();
        for (name, kind, above) in [
            ("中共青梧职业技术学院委员会", UnitKind::Committee, None),
            ("党委办公室", UnitKind::Department, Some("中共青梧职业技术学院委员会")),
            ("宣传部", UnitKind::Department, Some("中共青梧职业技术学院委员会")),
            ("纪委", UnitKind::Discipline, Some("中共青梧职业技术学院委员会")),
            ("智能制造学院党总支", UnitKind::GeneralBranch, Some("中共青梧职业技术学院委员会")),
            ("教工第一党支部", UnitKind::Branch, Some("智能制造学院党总支")),
            ("学生第一党支部", UnitKind::Branch, Some("智能制造学院党总支")),
        ] {
            let id = UnitId::fresh();
            units.insert(name, id);
            rows.push(Unit {
                id,
                parent: above.map(|a| units[a]),
                kind,
                name: name.to_owned(),
                aliases: Vec::new(),
                traits: BTreeSet::new(),
                sort: i32::try_from(rows.len()).expect("few units"),
                founded: None,
                dissolved: None,
            });
        }
        store.save_units(institution, &rows, &act).await.expect("units");
        let member = Person {
            id: PersonId::fresh(),
            name: "方以宁".to_owned(),
            number: "20080117".to_owned(),
            kind: "staff".to_owned(),
        };
        let membership = Membership {
            id: MembershipId::fresh(),
            person: member.id,
            branch: units["教工第一党支部"],
            group: None,
            stage: Stage::Full,
            since: Date::constant(2015, 7, 1),
            until: None,
        };
        let people =
            People { people: vec![member.clone()], memberships: vec![membership], posts: Vec::new() };
        store.save_people(institution, &people, &act).await.expect("people");
        let root = units["中共青梧职业技术学院委员会"];
        let mut accounts = BTreeMap::new();
        let mut tokens = BTreeMap::new();
        for role in Role::ALL {
            let id = AccountId::fresh();
            let new = NewAccount {
                id,
                person: (role == Role::Member).then_some(member.id),
                login: role.id().to_owned(),
                name: format!("{}某", role.word()),
                password: HASH.clone(),
            };
            store.create_accounts(institution, &[new], &act).await.expect("an account");
            let unit = match role {
                Role::Lead => units["宣传部"],
                Role::Secretary | Role::Member => units["教工第一党支部"],
                _ => root,
            };
            store.grant(institution, &[(GrantId::fresh(), id, role, unit)], &act).await.expect("a grant");
            accounts.insert(role, id);
            let token = hex::encode(sha256(role.id().as_bytes()));
            let session = Session {
                token_hash: sha256(token.as_bytes()),
                institution,
                account: id,
                created_at: wall(),
                seen_at: wall(),
                expires_at: wall() + SignedDuration::from_mins(30),
                address: String::new(),
                agent: String::new(),
            };
            store.begin_session(&session, &act).await.expect("a session");
            tokens.insert(role, token);
        }
        Self { app, router, institution, units, member: member.id, accounts, tokens, place }
    }

    /// The database, for another server beside this one.
    pub(crate) fn target(&self) -> Target {
        self.place.database.target()
    }

    /// Where the bytes of files lie.
    pub(crate) fn files(&self) -> PathBuf {
        self.place.files()
    }

    /// Takes the database away under the running server.
    pub(crate) async fn take_away(&self) {
        self.place.database.take_away().await;
    }

    /// Lets the disk of the database be full.
    pub(crate) async fn fill_disk(&self) {
        self.place.database.fill().await;
    }

    /// Gives it room again.
    pub(crate) async fn make_room(&self) {
        self.place.database.make_room().await;
    }

    /// The same institution on another day.
    pub(crate) fn on_day(&mut self, day: Date) {
        let store = self.app.store.clone();
        // Nobody's password has aged meanwhile.
        let settings = Settings { password_days: 9999, ..Settings::default() };
        let rulebook = Arc::clone(&self.app.rulebook);
        self.app = App::new(store, rulebook, Clock::Standing(day), settings);
        self.router = server::router(&self.app);
    }

    /// The same institution on the machine's own day, as a server that is no demonstration serves it.
    pub(crate) fn really(&mut self, settings: Settings) {
        let store = self.app.store.clone();
        // Nobody's password has aged meanwhile.
        let settings = Settings { password_days: 0, ..settings };
        self.app = App::new(store, Arc::clone(&RULEBOOK), Clock::Real, settings);
        self.router = server::router(&self.app);
    }

    /// Asks for a page.
    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        Ask::new(&self.router, Some(&self.tokens), Method::GET, path)
    }

    /// Asks for an import that was looked at to be taken in, lets the job end, and opens the page again, as the browser does.
    pub(crate) async fn apply(&self, at: &str, fields: &[(&str, &str)], role: Role) -> Answer {
        let asked = self.post(&format!("{at}/apply"), fields).as_(role).send().await;
        if asked.to() != at {
            return asked;
        }
        server::run_jobs(&self.app).await.expect("the jobs come to their end");
        self.get(at).as_(role).send().await
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Ask<'_> {
        Ask::new(&self.router, Some(&self.tokens), Method::POST, path).form(fields)
    }
}

/// A request that is being put together.
pub(crate) struct Ask<'a> {
    router: &'a Router,
    tokens: Option<&'a BTreeMap<Role, String>>,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    walks: bool,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(
        router: &'a Router,
        tokens: Option<&'a BTreeMap<Role, String>>,
        method: Method,
        path: &str,
    ) -> Self {
        let headers = HeaderMap::new();
        Self { router, tokens, method, path: path.to_owned(), headers, body: Vec::new(), walks: true }
    }

    /// In the name of the account with this role.
    pub(crate) fn as_(self, role: Role) -> Self {
        let token = self.tokens.and_then(|t| t.get(&role)).expect("an account for each role").clone();
        self.cookie(&format!("luoshi={token}"))
    }

    /// With this cookie.
    pub(crate) fn cookie(self, cookie: &str) -> Self {
        self.header(header::COOKIE.as_str(), cookie)
    }

    /// With this header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: header::HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, value.parse().expect("a header's value"));
        self
    }

    /// With one more line of this header.
    pub(crate) fn also(mut self, name: &str, value: &str) -> Self {
        let name: header::HeaderName = name.parse().expect("a header's name");
        self.headers.append(name, value.parse().expect("a header's value"));
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", kind)
    }

    /// With these fields as a form.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", text.into_bytes())
    }

    /// Without counting the route as one that a test has walked: only who is let in is asked.
    pub(crate) fn at_the_door(mut self) -> Self {
        self.walks = false;
        self
    }

    /// Sends it.
    pub(crate) async fn send(self) -> Answer {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().expect("a path");
        *request.headers_mut() = self.headers;
        let answer = self.router.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 64 * 1024 * 1024).await.expect("a whole body");
        let answer = Answer { status: parts.status, headers: parts.headers, bytes: bytes.to_vec() };
        if self.walks {
            walked::note(&self.method, &self.path, answer.status, answer.to());
        }
        answer
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// As a page.
    pub(crate) fn page(&self) -> Page {
        Page::read(&self.text())
    }

    /// Where it leads; empty when nowhere.
    pub(crate) fn to(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The cookie of that name as `name=value`; empty when none was set.
    pub(crate) fn cookie(&self, name: &str) -> String {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok()?.split(';').next().map(str::to_owned))
            .find(|c| c.starts_with(&format!("{name}=")))
            .unwrap_or_default()
    }
}
