//! What is meant: resources that nobody declares, or parts of those that the environment does.

use std::collections::BTreeSet;

use super::Work;
use crate::account::Reading;
use crate::cli::address::Address;
use crate::cli::failure::Failure;
use crate::cli::pipeline::no_such_address;
use crate::policy::glob;
use crate::state::{Blind, Kind, Resource, ResourceId};

/// What was chosen.
pub(super) enum Selected {
    /// Resources that no environment declares.
    Undeclared(BTreeSet<ResourceId>),
    /// Declared resources, each with the address that named it.
    Declared(Vec<(ResourceId, Address)>),
}

/// What the arguments choose.
pub(super) fn select(work: &Work<'_>, reading: &Reading) -> Result<Selected, Failure> {
    let args = work.args;
    let declared_by = |id: &ResourceId| {
        let scopes = work.lowered.iter().flat_map(|lowered| &lowered.scopes);
        scopes.into_iter().find(|scope| scope.declared.contains(id)).map(|scope| scope.environment.as_str())
    };
    let here = reading.state.resources.iter().filter(|(id, _)| id.account == work.home.account);
    let mut chosen = BTreeSet::new();
    let filtered = args.all || !args.kind.is_empty() || !args.prefix.is_empty() || !args.path.is_empty();
    if filtered {
        let fits = |(id, resource): &(&ResourceId, &Resource)| {
            let kind = args.kind.is_empty() || args.kind.contains(&id.kind);
            let named =
                args.prefix.is_empty() || args.prefix.iter().any(|prefix| id.name.starts_with(prefix));
            let below = |path: &String| resource.core.path().is_some_and(|there| is_below(there, path));
            // An account of which nothing was ever set has nothing to be said.
            let bare = id.kind == Kind::Account && resource.settings.is_empty();
            !bare
                && kind
                && named
                && (args.path.is_empty() || args.path.iter().any(below))
                && declared_by(id).is_none()
        };
        chosen.extend(here.clone().filter(fits).map(|(id, _)| id.clone()));
        if chosen.is_empty() && args.addresses.is_empty() {
            not_read(reading, &|kind| work.asks_for_all_of(kind))?;
            return Err(Failure::error("there is nothing to adopt: nothing that is chosen is undeclared"));
        }
    }
    let mut targets = vec![];
    let known: BTreeSet<&ResourceId> = here
        .map(|(id, _)| id)
        .chain(work.scope.declared.iter())
        .filter(|id| id.account == work.home.account)
        .collect();
    for text in &args.addresses {
        let address = Address::parse(text, std::iter::once(work.home.name.as_str()))?;
        let matches: Vec<&ResourceId> = known.iter().filter(|id| address.names(id)).copied().collect();
        if matches.is_empty() {
            not_read(reading, &|kind| {
                glob(&address.resource, &format!("{kind}/*"))
                    || address.resource.starts_with(&format!("{kind}/"))
            })?;
            let addresses: Vec<String> = known.iter().map(|id| id.address()).collect();
            return Err(no_such_address(text, &addresses));
        }
        let (mine, others): (Vec<&ResourceId>, Vec<&ResourceId>) =
            matches.into_iter().partition(|id| work.scope.declared.contains(*id));
        let free: Vec<&ResourceId> = others.iter().filter(|id| declared_by(id).is_none()).copied().collect();
        if address.setting.is_none() && !free.is_empty() {
            chosen.extend(free.into_iter().cloned());
        } else if !mine.is_empty() {
            targets.extend(mine.into_iter().map(|id| (id.clone(), address.clone())));
        } else if let Some(environment) = others.first().and_then(|id| declared_by(id)) {
            return Err(Failure::error(format!("`{text}` is declared by environment `{environment}`"))
                .help(format!("write `--environment {environment}`")));
        } else {
            return Err(Failure::error(format!(
                "`{text}`: nobody declares the resource, so it is adopted whole"
            ))
            .help(format!("write `{}/NAME`, without a setting", Kind::Role)));
        }
    }
    match (chosen.is_empty(), targets.is_empty()) {
        (false, true) => Ok(Selected::Undeclared(chosen)),
        (true, false) => Ok(Selected::Declared(targets)),
        _ => Err(Failure::error("some of this is declared, and some of it is not")
            .help("adopt what is not declared first, then what is declared and was changed")),
    }
}

/// What was not read is not absent.
fn not_read(reading: &Reading, asked: &dyn Fn(Kind) -> bool) -> Result<(), Failure> {
    let mut details = vec![];
    for unread in &reading.unread {
        if let Blind::Kind(_, kind) = &unread.what
            && asked(*kind)
        {
            details.push(format!("{kind}: not checked: {}", unread.reason));
        }
    }
    if details.is_empty() {
        return Ok(());
    }
    let failure =
        Failure::error("nothing was written: what could not be read is not known to be there or not");
    Err(Failure { details, ..failure }.help("give the caller the rights named above, and run this again"))
}

/// Whether a path is another one or below it.
fn is_below(there: &str, path: &str) -> bool {
    let tidy = path.trim_matches('/');
    if tidy.is_empty() { there == "/" } else { there.starts_with(&format!("/{tidy}/")) }
}
