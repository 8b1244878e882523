//! What rules look at.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::roles::Roles;
use crate::policy::{Document, Usage, Written, WrittenStatement};
use crate::spec::template::Template;
use crate::spec::tree::Node;
use crate::state::{AccountId, PolicyReference, ResourceId, SettingKey, State};

/// What is known of the environment something stands in; nothing of a document that stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// The account.
    pub account: Option<AccountId>,
    /// The region.
    pub region: Option<String>,
    /// The partition.
    pub partition: Option<String>,
    /// All accounts of the estate, whose roots are no strangers.
    pub accounts: BTreeSet<AccountId>,
}

/// One policy document.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What was written.
    pub written: &'a Written,
    /// Who holds it, if it stands in an environment.
    pub holder: Option<&'a ResourceId>,
    /// As what; none for a trust policy, a managed policy, and a document that stands alone.
    pub setting: Option<&'a SettingKey>,
    /// Whether it only limits what others give: it is the boundary of somebody, and attached to nobody.
    pub ceiling: bool,
    /// Where it stands.
    pub home: &'a Home,
    /// Today, in UTC.
    pub today: Date,
}

/// All that gives one identity its rights.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// The user, group or role; none for a document that stands alone. A user's groups are part of the user.
    pub id: Option<&'a ResourceId>,
    /// The documents, those of its groups among them.
    pub held: Vec<Held<'a>>,
    /// Its permissions boundary, if it has one and what it says is known.
    pub boundary: Option<&'a Document>,
    /// Whether it has a boundary of which nothing is known.
    pub boundary_unknown: bool,
    /// Where it stands.
    pub home: &'a Home,
    /// Everything around it; none for a document that stands alone.
    pub state: Option<&'a State>,
    /// The roles there; none if nobody asks what could be done with them.
    pub roles: Option<&'a Roles<'a>>,
}

/// A document that an identity holds, or its group.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// Who holds it: the identity or one of its groups; none for a document that stands alone.
    pub holder: Option<&'a ResourceId>,
    /// As what.
    pub setting: Option<SettingKey>,
    /// The managed policy it is, if it is one.
    pub managed: Option<&'a PolicyReference>,
    /// What it says, with places.
    pub written: Written,
}

/// Everything declared, or found.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// The resources.
    pub state: &'a State,
    /// Those that an environment answers for.
    pub ours: &'a BTreeSet<ResourceId>,
    /// Whether this is what was found in an account, rather than what was written.
    pub found: bool,
}

/// The files as they were written.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// Environments and policy documents, placeholders and all.
    pub files: &'a [Node],
    /// The project's own templates.
    pub templates: &'a [Template],
}

impl<'a> Subject<'a> {
    /// Whether it gives rights to whoever holds it.
    pub fn gives_rights(&self) -> bool {
        self.written.usage == Usage::Identity && !self.ceiling
    }

    /// Its statements that allow.
    pub fn allows(&self) -> impl Iterator<Item = &'a WrittenStatement> + use<'a> {
        self.written.statements.iter().filter(|statement| statement.allows())
    }

    /// Its statements that deny.
    pub fn denies(&self) -> impl Iterator<Item = &'a WrittenStatement> + use<'a> {
        self.written.statements.iter().filter(|statement| statement.denies())
    }
}
