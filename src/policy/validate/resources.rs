//! Actions that can match none of the resources of their statement.

use std::collections::BTreeSet;

use super::fit::{Form, Wanted, forms};
use super::ticked;
use crate::policy::catalogue::{AccessLevel, Action, expand, service};
use crate::policy::{Problem, Spot, WrittenStatement, arn};

/// Looks at each action beside the resources; `said` are those of which more was said already.
pub(super) fn check(statement: &WrittenStatement, partition: &str, said: &BTreeSet<String>) -> Vec<Problem> {
    let resources = &statement.resources;
    if statement.is_not_action() || statement.is_not_resource() || resources.is_empty() {
        return vec![];
    }
    let mut wanted = vec![];
    for Spot { text, pointer } in resources {
        match Wanted::of(text) {
            Some(parts) if !said.contains(pointer) => wanted.push(parts),
            // Everything, or something that is not known.
            _ => return vec![],
        }
    }
    let mut problems = vec![];
    let mut some_fit = false;
    for Spot { text, pointer } in &statement.actions {
        if text == "*" {
            some_fit = true;
            continue;
        }
        let meant = expand(text);
        let fits = meant.iter().any(|action| fits(action, forms(action.service), &wanted));
        some_fit |= fits;
        if meant.is_empty() || fits {
            continue;
        }
        let types: BTreeSet<&str> =
            meant.iter().flat_map(|action| &action.resources).map(|r| r.name).collect();
        let here: Vec<&str> = resources.iter().map(|spot| spot.text.as_str()).collect();
        let works_on = match types.len() {
            0 => "it has no resource of its own".to_owned(),
            1..=3 => format!("it works on {}", ticked(&types.iter().collect::<Vec<_>>())),
            _ => format!("it works on {} types of resource", types.len()),
        };
        let on = match here.as_slice() {
            [single] => format!("`{single}` is none"),
            _ => "none is in this statement".to_owned(),
        };
        let message = if types.is_empty() {
            format!("`{text}` never matches: {works_on}, and only `*` covers it")
        } else {
            format!("`{text}` never matches: {works_on}, and {on}")
        };
        let problem = Problem::at("action-resource-mismatch", pointer, message);
        let problem = match way_out(&meant, &here, partition) {
            Some(help) => problem.help(help),
            None => problem,
        };
        let certain = if types.is_empty() {
            // AWS's reference does not tell that `iam:ListRoles` is asked for `…:role/`, which `…:role/*` covers.
            !here.iter().any(|text| text.ends_with(['*', '}']))
                && meant.iter().all(|a| tells_types(a.service))
        } else {
            is_known(&meant, &wanted)
        };
        let of_s3 = meant.iter().all(|action| action.service == "s3");
        problems.push((problem, certain, of_s3));
    }
    // AWS takes an identity policy of which a part gives nothing, and has some of its own. It refuses a resource's
    // policy; a statement that gives nothing at all is a mistake; and buckets and objects are told apart for sure.
    let of_resource = !statement.principals.is_empty();
    let severity = |(problem, certain, of_s3): (Problem, bool, bool)| {
        let wrong = certain && (of_resource || !some_fit || of_s3);
        if wrong { problem } else { problem.warning() }
    };
    problems.into_iter().map(severity).collect()
}

/// Whether every resource of the actions' services is of a type that AWS's reference has: where it is not, the
/// reference may be behind.
fn is_known(actions: &[&'static Action], wanted: &[Wanted<'_>]) -> bool {
    actions.iter().all(|action| {
        let forms = forms(action.service);
        let own = |parts: &&Wanted<'_>| {
            parts.service == action.service || forms.iter().any(|form| form.is_of(parts.service))
        };
        let all = wanted.iter().filter(own).all(|parts| forms.iter().any(|form| form.takes_name(parts)));
        // Types that were given tags later are not always listed with the actions that tag.
        all && action.level != AccessLevel::Tagging && !action.name.contains("Tag")
    })
}

/// Whether AWS's reference tells for most actions of a service that change something which types they work on. Of
/// one where it does not, an action without type is not told from one whose types nobody wrote down.
fn tells_types(prefix: &str) -> bool {
    let Some(service) = service(prefix) else { return false };
    let writing = || service.actions().iter().filter(|action| action.level == AccessLevel::Write);
    2 * writing().filter(|action| !action.resources.is_empty()).count() > writing().count()
}

fn fits(action: &Action, forms: &[Form], wanted: &[Wanted<'_>]) -> bool {
    if !action.listed {
        return true;
    }
    if action.resources.is_empty() {
        // AWS asks some of these for an ARN without name: `arn:aws:logs:eu-west-1:111122223333:log-group::log-stream:`,
        // `arn:aws:iam::111122223333:role/`.
        let nameless = ["iam", "logs"].contains(&action.service);
        let open = |parts: &Wanted<'_>| parts.any_name || (nameless && parts.ends_open());
        return wanted.iter().any(|parts| parts.service == action.service && open(parts));
    }
    action.resources.iter().any(|used| {
        let mut of_type = forms.iter().filter(|form| form.kind.name == used.name).peekable();
        // A type whose ARN is not told can be anything.
        of_type.peek().is_none() || of_type.any(|form| wanted.iter().any(|parts| form.fits(parts)))
    })
}

/// Which resource would do.
fn way_out(actions: &[&'static Action], here: &[&str], partition: &str) -> Option<String> {
    let first = actions.iter().find(|action| !action.resources.is_empty());
    let Some(action) = first else {
        return Some("put it in a statement of its own with `Resource: \"*\"`".to_owned());
    };
    let types: BTreeSet<&str> = action.resources.iter().map(|used| used.name).collect();
    for text in here {
        let [.., named, _, _, resource] = arn::split(text)?;
        if named != "s3" {
            continue;
        }
        let bucket = resource.split('/').next().unwrap_or(resource);
        if types.contains("bucket") && resource.contains('/') {
            return Some(format!("write `arn:{partition}:s3:::{bucket}`"));
        }
        if types.contains("object") && !resource.contains('/') {
            return Some(format!("write `arn:{partition}:s3:::{bucket}/*`"));
        }
    }
    let used = action.resources.iter().find(|used| used.required).or_else(|| action.resources.first())?;
    let kind = service(action.service)?.resource_type(used.name)?;
    Some(format!("its ARN is like `{}`", kind.arn.replace("${Partition}", partition)))
}

/// Whether an action can be on the resource of an ARN; what AWS's reference does not tell can.
pub fn works_on(action: &'static Action, resource: &str) -> bool {
    let Some(parts) = Wanted::of(resource) else { return !action.listed || action.resources.is_empty() };
    fits(action, forms(action.service), &[parts])
}
