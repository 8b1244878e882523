//! The roles of a state, as somebody sees them who could pass one on: what is asked of each for everybody is worked out
//! once.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::identity;
use crate::policy::{Effect, Element};
use crate::state::{Core, Kind, ResourceId, State};

/// All roles of a state.
#[derive(Debug)]
pub struct Roles<'a> {
    state: &'a State,
    all: Vec<Role<'a>>,
    /// Numbers in `all` of those that let a service act as them.
    by_service: BTreeMap<&'a str, Vec<usize>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Role<'a> {
    pub(super) id: &'a ResourceId,
    pub(super) arn: String,
    mighty: OnceCell<bool>,
}

impl<'a> Roles<'a> {
    /// Of a state.
    pub fn new(state: &'a State) -> Self {
        let mut all = vec![];
        let mut by_service: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (id, resource) in state.resources.iter().filter(|(id, _)| id.kind == Kind::Role) {
            let Some(arn) = state.principal_arn(id) else { continue };
            for service in services(&resource.core) {
                by_service.entry(service).or_default().push(all.len());
            }
            all.push(Role { id, arn, mighty: OnceCell::new() });
        }
        Self { state, all, by_service }
    }

    /// Those that let one of these services act as them, in order.
    pub(super) fn trusting(&self, services: &[&str]) -> impl Iterator<Item = &Role<'a>> {
        let numbers = services.iter().filter_map(|service| self.by_service.get(service)).flatten();
        let numbers: BTreeSet<usize> = numbers.copied().collect();
        numbers.into_iter().filter_map(|number| self.all.get(number))
    }

    /// Whether a role can surely give itself every right there is.
    pub(super) fn is_mighty(&self, role: &Role<'a>) -> bool {
        *role.mighty.get_or_init(|| identity::is_mighty(role.id, self.state))
    }
}

/// The services that a role's trust policy lets act as it.
fn services(core: &Core) -> BTreeSet<&str> {
    let Core::Role { trust, .. } = core else { return BTreeSet::new() };
    let statements = trust.document().into_iter().flat_map(|document| &document.statements);
    let allowing = statements.filter(|statement| statement.effect == Effect::Allow);
    let named = allowing.filter_map(|statement| match &statement.principal {
        Some(Element::Is(principals)) => principals.get("Service"),
        Some(Element::IsNot(_)) | None => None,
    });
    named.flatten().map(|name| name.trim_end_matches(".cn")).collect()
}
