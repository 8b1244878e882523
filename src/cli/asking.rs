//! What `why`, `can` and `who-can` have in common: which state is asked, and what is known of the request.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::access::asked::{Names, Unclear};
use crate::access::given::{Contradiction, contradiction};
use crate::access::landscape::{DocumentId, Held, Landscape};
use crate::access::place;
use crate::access::request::{Context, Others, Request};
use crate::account::{CredentialSource, embedded};
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::pipeline::{Selection, Session};
use crate::cli::{progress, project};
use crate::diagnostic::Span;
use crate::policy::{catalogue, closest_key, instant, key_value};
use crate::report::{self, Explanation, Ground, Origin};
use crate::spec::Lowered;
use crate::state::{AccountId, State};

/// Who, what and of what.
#[derive(Clone, Debug, clap::Args)]
pub struct Question {
    /// Who asks: an ARN, `user/alice`, `analytics/role/GlueEtl`, a service, or `anonymous`
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    /// One action, such as `s3:GetObject`
    #[arg(value_name = "ACTION")]
    action: String,
    /// Of what: an ARN, `s3://bucket/key`, `bucket/NAME`, `role/NAME`, or `*`
    #[arg(value_name = "RESOURCE")]
    resource: String,
}

/// Where to ask, and what is known of the request.
#[derive(Clone, Debug, clap::Args)]
pub struct Asking {
    /// What to ask about: `spec` (what is declared), `plan` (what will be after apply), `live` (what is found), or an
    /// account file [default: spec; live with `--account-file`]
    #[arg(long, value_name = "WHAT")]
    on: Option<String>,
    /// What a condition key of the request is; several values by repeating
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    context: Vec<(String, String)>,
    /// A condition key that the request does not have; may be repeated
    #[arg(long, value_name = "KEY")]
    without: Vec<String>,
    /// When it is asked: sets `aws:CurrentTime` and `aws:EpochTime`
    #[arg(long, value_name = "DATE", value_parser = moment)]
    at: Option<Timestamp>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it is written like `aws:PrincipalTag/team=data`".to_owned()),
    }
}

/// A day, from its beginning in UTC, or an instant.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let wrong = || "it is written like `2027-01-31` or `2027-01-31T09:00:00Z`".to_owned();
    // A date with a time parses as a date as well.
    let is_day = text.len() == "2027-01-31".len();
    day.filter(|_| is_day).map(|day| day.timestamp()).or_else(|| instant(text)).ok_or_else(wrong)
}

/// A state to ask about, and what is known of its files.
pub struct Asked {
    /// Which it is.
    pub on: String,
    /// The state.
    pub state: State,
    /// The environments with their accounts.
    pub environments: Vec<(String, AccountId)>,
    lowered: Option<Lowered>,
}

impl Asking {
    /// Decides one request, with everything that had a say.
    ///
    /// # Errors
    /// No such state, or a question that cannot be understood.
    pub fn explain(
        &self,
        global: &Global,
        question: &Question,
        output: &Output,
    ) -> Result<Explanation, Failure> {
        // What AWS cannot have need not wait for an account.
        let context = self.context()?;
        let asked = self.state(global, output)?;
        let names = asked.names();
        let Question { principal, action, resource } = question;
        let caller = names
            .principal(principal)
            .map_err(|wrong| asked.elsewhere(wrong, global, &|names| names.principal(principal).is_ok()))?;
        let action = names.action(action).map_err(unclear)?;
        let resource = names.resource(resource, action).map_err(|wrong| {
            asked.elsewhere(wrong, global, &|names| names.resource(resource, action).is_ok())
        })?;
        asked.look_at_bucket(&resource, output);
        let landscape = Landscape::new(&asked.state);
        let request =
            Request { caller, action: action.full_name(), resource, resource_account: None, context };
        if let Some(wrong) = contradiction(&landscape, &request) {
            return Err(self.impossible(&wrong, principal));
        }
        let explained = landscape.decide(request);
        let origin =
            |document: &DocumentId, number: usize, held: Option<&Held>| asked.origin(document, number, held);
        let ground = Ground { landscape: &landscape, names: &names, origin: &origin, on: &asked.on };
        Ok(Explanation::new(&explained, ground))
    }

    /// What is known of the request.
    ///
    /// # Errors
    /// A key that AWS does not have, a value that it cannot have, a key both given and said to be absent.
    pub fn context(&self) -> Result<Context, Failure> {
        let Self { on: _, context: given, without, at } = self;
        let mut context = Context::new(Others::Unknown);
        for (key, value) in given {
            known(key)?;
            context.values.entry(key.to_ascii_lowercase()).or_default().push(value.clone());
        }
        for (lower, values) in &context.values {
            let written = given.iter().find(|(key, _)| key.eq_ignore_ascii_case(lower));
            let written = written.map_or(lower.as_str(), |(key, _)| key.as_str());
            if at.is_some() && TIMES.iter().any(|time| time.eq_ignore_ascii_case(lower)) {
                return Err(Failure::error(format!(
                    "`--at` and `--context {written}=…` both say when it is asked"
                )));
            }
            key_value::check(written, values).map_err(Failure::error)?;
        }
        for key in without {
            known(key)?;
            if TIMES.iter().any(|time| time.eq_ignore_ascii_case(key)) {
                return Err(Failure::error(format!("every request has `{key}`")));
            }
            if context.values.contains_key(&key.to_ascii_lowercase()) {
                return Err(Failure::error(format!(
                    "`{key}` is both given with `--context` and absent with `--without`"
                )));
            }
            context.absent.insert(key.to_ascii_lowercase());
        }
        if let Some(at) = at {
            context.offer("aws:CurrentTime", at.to_string());
            context.offer("aws:EpochTime", at.as_second().to_string());
        }
        Ok(context)
    }

    /// What is said of a request is not so of who asks.
    fn impossible(&self, wrong: &Contradiction, principal: &str) -> Failure {
        let Contradiction { key, known } = wrong;
        let said = self.context.iter().map(|(key, _)| key).chain(&self.without);
        let key = said.into_iter().find(|said| said.eq_ignore_ascii_case(key)).unwrap_or(key);
        match known {
            Some(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                let values = values.join(", ");
                Failure::error(format!("`{key}` follows from who asks and of what: here it is {values}"))
                    .help("leave it out; for another value ask for another principal or resource")
            }
            None => Failure::error(format!("no request of `{principal}` has `{key}`"))
                .help("leave it out, or ask for another principal"),
        }
    }

    /// The state to ask about.
    ///
    /// # Errors
    /// Errors in the files, an account that cannot be reached.
    pub fn state(&self, global: &Global, output: &Output) -> Result<Asked, Failure> {
        let file = global.account_file.as_deref();
        // Whoever names an account asks about it.
        let on = self.on.clone().unwrap_or_else(|| if file.is_some() { "live" } else { "spec" }.to_owned());
        if let Some(missing) = file.filter(|path| on != "plan" && !path.exists()) {
            let wrong = Failure::error(format!("there is no account file `{}`", missing.display()));
            return Err(
                wrong.help("`hatrack snapshot` writes one; `--on plan` takes none for an empty account")
            );
        }
        match on.as_str() {
            "spec" => {
                let project = project::load(global)?;
                let state = project.lowered.wanted.clone();
                Ok(Asked::new(on, state, Some(project.lowered)))
            }
            "plan" | "live" => {
                let interrupted = progress::on_interrupt()?;
                let selection = Selection::of(&[]);
                let session = Session::open_without_lock(global, &selection, &interrupted, output)?;
                let reading = session.read(CredentialSource::Report)?;
                if !reading.unread.is_empty() {
                    let unread = report::count(reading.unread.len(), "thing");
                    output.say(&format!("{unread} could not be read; `hatrack plan` tells which"));
                }
                if on == "live" {
                    let Session { project, .. } = session;
                    return Ok(Asked::new(on, reading.state, Some(project.lowered)));
                }
                let prepared = session.prepare(reading)?;
                let Session { project, .. } = session;
                Ok(Asked::new(on, prepared.settled.wanted, Some(project.lowered)))
            }
            file => {
                let path = Path::new(file);
                if !path.is_file() {
                    let wrong = Failure::error(format!("`--on {file}`: there is no such file"));
                    return Err(wrong.help("it is `spec`, `plan`, `live`, or an account file"));
                }
                let state = embedded::read_all(path)?;
                // A project is of use for its names, and not needed.
                let project = project::load(global).ok();
                Ok(Asked::new(on, state, project.map(|project| project.lowered)))
            }
        }
    }
}

/// When it is asked, which every request tells.
const TIMES: [&str; 2] = ["aws:CurrentTime", "aws:EpochTime"];

/// A misspelt key would change nothing and be believed. Of services of which AWS lists no keys nobody knows.
fn known(key: &str) -> Result<(), Failure> {
    let service = key.split_once(':').and_then(|(prefix, _)| catalogue::service(prefix));
    if catalogue::condition_key(key).is_some() || service.is_some_and(|service| !service.listed) {
        return Ok(());
    }
    let wrong = Failure::error(format!("AWS has no condition key `{key}`"));
    Err(match closest_key(key) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    })
}

/// A question that cannot be understood.
pub fn unclear(unclear: Unclear) -> Failure {
    let Unclear { message, help } = unclear;
    let failure = Failure::error(message);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

impl Asked {
    fn new(on: String, state: State, lowered: Option<Lowered>) -> Self {
        let environments = lowered.iter().flat_map(|lowered| &lowered.environments);
        let environments = environments.map(|e| (e.name.clone(), e.account.clone())).collect();
        Self { on, state, environments, lowered }
    }

    /// A name that is not known in the files, but in the account file.
    pub fn elsewhere(
        &self,
        wrong: Unclear,
        global: &Global,
        is_known: &dyn Fn(&Names<'_>) -> bool,
    ) -> Failure {
        let file = global.account_file.as_deref().filter(|_| self.on == "spec");
        let there = file
            .and_then(|path| embedded::read_all(path).ok())
            .is_some_and(|state| is_known(&Names::new(&state, self.environments.iter().cloned())));
        let Unclear { message, help } = wrong;
        let help = if there {
            Some(
                "it is in the account, and no environment declares it: ask with `--on live` or `--on plan`"
                    .to_owned(),
            )
        } else {
            help
        };
        unclear(Unclear { message, help })
    }

    /// A misspelt bucket would be somebody else's, of which nothing is known.
    pub fn look_at_bucket(&self, resource: &str, output: &Output) {
        if let Some((bucket, near)) = self.names().near_bucket(resource) {
            output.say(&format!("warning: there is no bucket `{bucket}` here; did you mean `{near}`?"));
        }
    }

    /// How people call what is in it.
    pub fn names(&self) -> Names<'_> {
        Names::new(&self.state, self.environments.iter().cloned())
    }

    /// Where a statement was written, if it is one of the files'.
    pub fn origin(&self, id: &DocumentId, number: usize, held: Option<&Held>) -> Option<Origin> {
        let lowered = self.lowered.as_ref().filter(|_| matches!(self.on.as_str(), "spec" | "plan"))?;
        if let (DocumentId::Aws(..), Some(Held { holder, setting, document: _ })) = (id, held) {
            let attached = lowered.wanted.resources.get(holder)?.settings.contains_key(setting);
            return lowered.origins.of(holder, Some(setting)).filter(|_| attached).map(origin_of);
        }
        place::of_statement(lowered, &self.state, id, number).map(|span| origin_of(&span))
    }
}

fn origin_of(span: &Span) -> Origin {
    let (line, column) = span.line_column();
    Origin { file: span.source.name.clone(), line, column }
}
