//! What people type for who asks, for what, and of what, as AWS names it.

use std::collections::BTreeSet;

use super::decide::is_on_nothing;
use super::pattern::{ArnPattern, Pattern, Syntax};
use super::principal::Caller;
use crate::diagnostic::did_you_mean;
use crate::policy::catalogue::{self, Action, service_principal};
use crate::policy::{AccessWord, arn, works_on};
use crate::state::{AccountId, Core, Kind, ResourceId, State, iam_arn};

/// The names that people use for what a state holds.
#[derive(Clone, Debug)]
pub struct Names<'s> {
    state: &'s State,
    environments: Vec<(String, AccountId)>,
}

/// What cannot be understood, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Unclear {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

fn glob(text: &str) -> Pattern {
    Pattern::new(text, Syntax { wildcards: true, variables: false })
}

const PRINCIPAL_FORMS: &str = "write an ARN, `user/alice`, `role/GlueEtl`, `analytics/role/GlueEtl`, a service such as \
                               `glue.amazonaws.com`, or `anonymous`";
const RESOURCE_FORMS: &str = "write an ARN, `s3://bucket/key`, `bucket/NAME`, `role/NAME`, or `*` for what is on nothing in particular";

impl<'s> Names<'s> {
    /// Of a state, and of environments with their accounts.
    pub fn new(state: &'s State, environments: impl IntoIterator<Item = (String, AccountId)>) -> Self {
        Self { state, environments: environments.into_iter().collect() }
    }

    /// An account as people know it: `account 111122223333 (analytics)`.
    pub fn account(&self, account: &str) -> String {
        let here = self.environments.iter().filter(|(_, id)| id.as_str() == account);
        let names: Vec<&str> = here.map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            [] => format!("account {account}"),
            names => format!("account {account} ({})", names.join(", ")),
        }
    }

    /// The environments of an account, or its number if there is none.
    pub fn home(&self, account: &str) -> String {
        let here = self.environments.iter().filter(|(_, id)| id.as_str() == account);
        let names: Vec<&str> = here.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() { account.to_owned() } else { names.join(", ") }
    }

    /// Who asks.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn principal(&self, text: &str) -> Result<Caller, Unclear> {
        if text.starts_with("arn:") || arn::is_account(text) || matches!(text, "*" | "anonymous") {
            let caller = Caller::parse(text).map_err(|wrong| Unclear::new(wrong).help(PRINCIPAL_FORMS))?;
            return Ok(self.with_path(caller));
        }
        if text.contains('/') {
            let kinds = [Kind::User, Kind::Role, Kind::Group];
            let (id, _) = self.address(text, &kinds, PRINCIPAL_FORMS)?;
            if id.kind == Kind::Group {
                let unclear = Unclear::new(format!("`{text}` is a group, and groups ask for nothing"));
                return Err(match self.member(id) {
                    Some(user) => unclear.help(format!("ask for one of its users, such as `user/{user}`")),
                    None => unclear.help("ask for one of its users; it has none here"),
                });
            }
            let arn = self.state.principal_arn(id).unwrap_or_default();
            return Caller::parse(&arn).map_err(Unclear::new);
        }
        if !text.contains('.') || text.contains([' ', '*', ':']) {
            let unclear = Unclear::new(format!("`{text}` is no principal"));
            let identities = self.of_kinds(&[Kind::User, Kind::Role]);
            let named: Vec<_> = identities.filter(|id| id.name.eq_ignore_ascii_case(text)).collect();
            return Err(match named.first() {
                Some(id) => unclear.help(format!("did you mean `{}`?", self.shortest(id))),
                None => unclear.help(PRINCIPAL_FORMS),
            });
        }
        let caller = Caller::parse(text).map_err(|wrong| Unclear::new(wrong).help(PRINCIPAL_FORMS))?;
        if let Caller::Service(name) = &caller
            && !service_principal::known(name)
            && let Some(near) = service_principal::closest(name)
        {
            let unclear = Unclear::new(format!("there is no service principal `{name}`"));
            return Err(unclear.help(format!("did you mean `{near}`?")));
        }
        Ok(caller)
    }

    /// A caller by its ARN, of which people often leave out the path.
    fn with_path(&self, caller: Caller) -> Caller {
        let (home, kind, name) = match &caller {
            Caller::User { home, name } => (home, Kind::User, name),
            Caller::Role { home, name } => (home, Kind::Role, name),
            _ => return caller,
        };
        let Ok(account) = home.account.parse() else { return caller };
        let id = ResourceId::new(&account, kind, name.rsplit('/').next().unwrap_or(name));
        let full = self.state.principal_arn(&id).and_then(|arn| Caller::parse(&arn).ok());
        full.unwrap_or(caller)
    }

    /// What is asked for: one action.
    ///
    /// # Errors
    /// There is no such action.
    pub fn action(&self, text: &str) -> Result<&'static Action, Unclear> {
        if text.contains(['*', '?']) {
            let unclear = Unclear::new(format!("`{text}` is many actions, and one is asked about at a time"));
            let some = catalogue::expand(text);
            return Err(match some.first() {
                Some(action) => unclear.help(format!("such as `{}`", action.full_name())),
                None => unclear,
            });
        }
        let found = text
            .split_once(':')
            .and_then(|(service, name)| catalogue::service(service).and_then(|s| s.action(name)));
        found.ok_or_else(|| {
            if text.parse::<AccessWord>().is_ok() {
                let unclear =
                    Unclear::new(format!("`{text}` is many actions, and one is asked about at a time"));
                return unclear.help("`hatrack who-can` takes access words");
            }
            let unclear = Unclear::new(format!("there is no action `{text}`"));
            match catalogue::closest_action(text) {
                Some(near) => unclear.help(format!("did you mean `{near}`?")),
                None => unclear.help("an action is like `s3:GetObject`"),
            }
        })
    }

    /// What is asked of: the ARN of a resource that the action can be on, or `*`.
    ///
    /// # Errors
    /// It is no resource, or one that the action cannot be on.
    pub fn resource(&self, text: &str, action: &'static Action) -> Result<String, Unclear> {
        let found = self.one_resource(text)?;
        self.fits(text, &found, action)?;
        Ok(found)
    }

    /// The ARN of one resource, or `*`.
    ///
    /// # Errors
    /// It is no resource, or a pattern for several.
    pub fn one_resource(&self, text: &str) -> Result<String, Unclear> {
        let found = self.resource_or_pattern(text)?;
        if found != "*" && found.contains(['*', '?']) {
            let unclear = Unclear::new(format!("`{text}` is a pattern, and one resource is asked about"));
            let example = text.trim_end_matches('*').replace(['*', '?'], "x");
            return Err(unclear.help(format!("name one, such as `{example}x`; `who-can` takes patterns")));
        }
        Ok(found)
    }

    /// An ARN, perhaps with wildcards, of what is asked of.
    ///
    /// # Errors
    /// It is no resource.
    pub fn resource_or_pattern(&self, text: &str) -> Result<String, Unclear> {
        let no = || Unclear::new(format!("`{text}` is no resource")).help(RESOURCE_FORMS);
        if text == "*" {
            return Ok("*".to_owned());
        }
        if text.starts_with("arn:") {
            return arn::split(text).map(|_| text.to_owned()).ok_or_else(no);
        }
        if let Some(place) = text.strip_prefix("s3://") {
            let bucket = place.split('/').next().unwrap_or(place);
            if bucket.is_empty() {
                return Err(no());
            }
            let place = place.strip_suffix('/').filter(|place| *place == bucket).unwrap_or(place);
            return Ok(format!("arn:{}:s3:::{place}", self.partition(bucket)));
        }
        if !text.contains('/') || text.contains([':', ' ']) {
            return Err(no());
        }
        if text.contains(['*', '?'])
            && let Some(pattern) = self.pattern(text)?
        {
            return Ok(pattern);
        }
        let (id, key) = self.address(text, &Kind::ALL, RESOURCE_FORMS)?;
        if id.kind == Kind::Bucket {
            let key = key.map(|key| format!("/{key}")).unwrap_or_default();
            return Ok(format!("arn:{}:s3:::{}{key}", self.partition(&id.name), id.name));
        }
        let partition = &self.state.accounts.get(&id.account).ok_or_else(no)?.partition;
        let path = self.state.resources.get(id).and_then(|r| r.core.path()).unwrap_or("/");
        Ok(iam_arn(partition, id, path))
    }

    /// The name of a bucket that is not here, and one that is and is written nearly so.
    pub fn near_bucket<'r>(&self, resource: &'r str) -> Option<(&'r str, &'s str)> {
        let [_, _, "s3", _, "", place] = arn::split(resource)? else { return None };
        let bucket = place.split('/').next().unwrap_or(place);
        let known = || self.of_kinds(&[Kind::Bucket]).map(|id| id.name.as_str());
        let unknown = !bucket.contains(['*', '?']) && known().all(|name| name != bucket);
        let near = unknown.then(|| did_you_mean(bucket, known())).flatten()?;
        known().find(|name| *name == near).map(|near| (bucket, near))
    }

    /// Whether an action can be on a resource, or on what a pattern covers.
    ///
    /// # Errors
    /// It cannot.
    pub fn fits(&self, text: &str, resource: &str, action: &'static Action) -> Result<(), Unclear> {
        let name = action.full_name();
        let nothing = is_on_nothing(&name.to_ascii_lowercase());
        if resource == "*" {
            // AWS's reference marks none as required where an access point will do as well.
            let of_s3 = |name: &str| action.service == "s3" && ["object", "bucket"].contains(&name);
            let needed = action.resources.iter().find(|used| used.required || of_s3(used.name));
            let Some(used) = needed else { return Ok(()) };
            let kind = catalogue::service(action.service).and_then(|s| s.resource_type(used.name));
            let form = match (action.service, used.name, kind) {
                ("s3", "object", _) => "`s3://BUCKET/KEY`".to_owned(),
                ("s3", "bucket", _) => "`s3://BUCKET`".to_owned(),
                (_, _, Some(kind)) => format!("`{}`", kind.arn),
                _ => "its ARN".to_owned(),
            };
            let unclear = Unclear::new(format!("`{name}` is on one {} at a time", used.name));
            return Err(unclear.help(format!("name it: {form}")));
        }
        if nothing {
            let unclear = Unclear::new(format!("`{name}` is on nothing in particular"));
            return Err(unclear.help("write `*` for the resource"));
        }
        if works_on(action, resource) {
            return Ok(());
        }
        let types: BTreeSet<&str> = action.resources.iter().map(|used| used.name).collect();
        let on = match types.iter().copied().collect::<Vec<_>>().as_slice() {
            [one] => format!("it is on one {one}"),
            some if some.len() <= 3 => format!("it is on one of {}", some.join(", ")),
            some => format!("it is on {} types of resource", some.len()),
        };
        let unclear = Unclear::new(format!("`{name}` cannot be on `{text}`: {on}"));
        let bucket = arn::split(resource)
            .filter(|parts| parts[2] == "s3" && action.service == "s3")
            .map(|[.., place]| place.split('/').next().unwrap_or(place));
        let kind = || {
            let used = action.resources.iter().find(|used| used.required).or(action.resources.first())?;
            catalogue::service(action.service)?.resource_type(used.name)
        };
        Err(match (bucket, kind()) {
            (Some(bucket), _) if types.contains("object") => {
                unclear.help(format!("write `s3://{bucket}/KEY`"))
            }
            (Some(bucket), _) if types.contains("bucket") => unclear.help(format!("write `s3://{bucket}`")),
            (_, Some(kind)) => unclear.help(format!("its ARN is like `{}`", kind.arn)),
            _ => unclear,
        })
    }

    /// The pattern for ARNs that an address with wildcards is: `role/Etl*`, `analytics/user/*`, `bucket/acme-*`; none if
    /// it begins with no kind of resource.
    fn pattern(&self, text: &str) -> Result<Option<String>, Unclear> {
        let (first, rest) = text.split_once('/').unwrap_or((text, ""));
        let (environment, kind, name) = match (first.parse::<Kind>(), rest.split_once('/')) {
            (Ok(kind), _) => (None, kind, rest),
            (Err(_), Some((kind, name))) => match kind.parse() {
                Ok(kind) => (Some(first), kind, name),
                Err(_) => return Ok(None),
            },
            (Err(_), None) => return Ok(None),
        };
        if kind == Kind::Bucket {
            return Ok(Some(format!("arn:{}:s3:::{name}", self.partition(name))));
        }
        let account = environment.map(|name| self.environment(name)).transpose()?;
        let of_kind = [kind];
        let named = glob(name);
        let arn = |id: &ResourceId| self.state.principal_arn(id).unwrap_or_default();
        let in_path = |id: &ResourceId| arn(id).split_once('/').is_some_and(|(_, path)| named.matches(path));
        let meant = |id: &&ResourceId| {
            account.is_none_or(|account| id.account == *account) && (named.matches(&id.name) || in_path(id))
        };
        let found: Vec<&ResourceId> = self.of_kinds(&of_kind).filter(meant).collect();
        let accounts: BTreeSet<&AccountId> = found.iter().map(|id| &id.account).collect();
        let whole = |account: &AccountId| {
            let partition = self.state.accounts.get(account).map_or("aws", |e| e.partition.as_str());
            format!("arn:{partition}:iam::{account}:{}/{name}", kind.word())
        };
        let account = match accounts.iter().collect::<Vec<_>>().as_slice() {
            [] => return Err(Unclear::new(format!("no {} here is called like `{name}`", kind.word()))),
            [account] => **account,
            several => {
                let each: Vec<String> =
                    several.iter().map(|account| format!("`{}`", whole(account))).collect();
                let unclear = Unclear::new(format!("`{text}` is in several accounts"));
                return Err(unclear.help(format!("write {}", each.join(" or "))));
            }
        };
        let pattern = whole(account);
        let covered = ArnPattern::resource(&pattern, false);
        match found.iter().find(|id| !covered.matches(&arn(id))) {
            None => Ok(Some(pattern)),
            Some(id) => {
                let unclear = Unclear::new(format!("`{text}` leaves out the path of `{}`", arn(id)));
                Err(unclear.help("write the pattern with the path, or as an ARN"))
            }
        }
    }

    /// The resource of an address, `role/GlueEtl` or `analytics/role/GlueEtl`, and what stands behind it for a bucket.
    fn address<'t>(
        &self,
        text: &'t str,
        kinds: &[Kind],
        forms: &str,
    ) -> Result<(&'s ResourceId, Option<&'t str>), Unclear> {
        let (first, rest) = text.split_once('/').unwrap_or((text, ""));
        let (environment, kind, name) = match first.parse::<Kind>() {
            Ok(kind) => (None, kind, rest),
            Err(_) => {
                let of_kind = rest.split_once('/').and_then(|(kind, name)| Some((kind.parse().ok()?, name)));
                let Some((kind, name)) = of_kind else {
                    let words = kinds.iter().map(|kind| kind.word());
                    let unclear =
                        Unclear::new(format!("`{text}` has no kind of resource that is meant here"));
                    return Err(match did_you_mean(first, words) {
                        Some(near) => unclear.help(format!("did you mean `{near}/{rest}`?")),
                        None => unclear.help(forms),
                    });
                };
                (Some(first), kind, name)
            }
        };
        if !kinds.contains(&kind) {
            let unclear = Unclear::new(format!("`{text}`: a {} asks for nothing", kind.word()));
            return Err(unclear.help(forms));
        }
        let account = environment.map(|name| self.environment(name)).transpose()?;
        let (name, key) = match (kind, name.split_once('/')) {
            (Kind::Bucket, Some((bucket, key))) => (bucket, Some(key).filter(|key| !key.is_empty())),
            // A path, as in an ARN.
            (_, Some(_)) => (name.rsplit('/').next().unwrap_or(name), None),
            (_, None) => (name, None),
        };
        let of_kind = [kind];
        let here =
            || self.of_kinds(&of_kind).filter(|id| account.is_none_or(|account| id.account == *account));
        let found: Vec<&ResourceId> = here().filter(|id| id.name == name).collect();
        match found.as_slice() {
            [id] => Ok((id, key)),
            [] => {
                let unclear = Unclear::new(format!("there is no `{text}`"));
                let near = did_you_mean(name, here().map(|id| id.name.as_str()));
                let meant = near.and_then(|near| here().find(|id| id.name == near));
                Err(match meant {
                    Some(id) => unclear.help(format!("did you mean `{}`?", self.shortest(id))),
                    None => unclear.help(match here().count() {
                        0 => format!("there is no {} here at all", kind.word()),
                        _ => forms.to_owned(),
                    }),
                })
            }
            several => {
                let full: Vec<String> = several.iter().map(|id| format!("`{}`", self.full(id))).collect();
                let unclear = Unclear::new(format!("`{text}` is in several accounts"));
                Err(unclear.help(format!("write {}", full.join(" or "))))
            }
        }
    }

    fn environment(&self, name: &str) -> Result<&AccountId, Unclear> {
        let found = self.environments.iter().find(|(known, _)| known == name);
        found.map(|(_, account)| account).ok_or_else(|| {
            let unclear = Unclear::new(format!("there is no environment `{name}`"));
            let names = || self.environments.iter().map(|(name, _)| name.as_str());
            match did_you_mean(name, names()) {
                Some(near) => unclear.help(format!("did you mean `{near}`?")),
                None => match names().collect::<Vec<_>>().as_slice() {
                    [] => unclear.help("there is no project here to tell environments by; write the ARN"),
                    all => unclear.help(format!("there is: {}", all.join(", "))),
                },
            }
        })
    }

    /// A resource's address, with its environment if the address alone is not enough.
    pub fn shortest(&self, id: &ResourceId) -> String {
        let same = |other: &&ResourceId| other.kind == id.kind && other.name == id.name;
        if self.state.resources.keys().filter(same).count() > 1 { self.full(id) } else { id.address() }
    }

    fn full(&self, id: &ResourceId) -> String {
        let environment = self.environments.iter().find(|(_, account)| *account == id.account);
        match (environment, self.state.principal_arn(id)) {
            (Some((name, _)), _) => format!("{name}/{}", id.address()),
            (None, Some(arn)) => arn,
            (None, None) => id.to_string(),
        }
    }

    fn of_kinds<'k>(&self, kinds: &'k [Kind]) -> impl Iterator<Item = &'s ResourceId> + use<'s, 'k> {
        self.state.resources.keys().filter(move |id| kinds.contains(&id.kind))
    }

    fn member(&self, group: &ResourceId) -> Option<&'s str> {
        let key = crate::state::SettingKey::Membership(group.clone());
        let mut users =
            self.state.resources.iter().filter(|(_, user)| {
                matches!(user.core, Core::User { .. }) && user.settings.contains_key(&key)
            });
        users.next().map(|(id, _)| id.name.as_str())
    }

    /// The partition that a bucket is in, or that everything here is in.
    fn partition(&self, bucket: &str) -> &'s str {
        let of_bucket = self.of_kinds(&[Kind::Bucket]).find(|id| id.name == bucket).map(|id| &id.account);
        let account = of_bucket.or_else(|| self.state.accounts.keys().next());
        let extent = account.and_then(|account| self.state.accounts.get(account));
        extent.map_or("aws", |extent| extent.partition.as_str())
    }
}
