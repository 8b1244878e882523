//! Roles and the instance profiles that go with them.

use super::Lowering;
use super::statements::nothing;
use crate::policy::{Effect, Element, Policy};
use crate::spec::schema::Role;
use crate::state::{Core, Kind, Resource, ResourceId, Setting, SettingKey, mark_path};

/// What AWS gives a role of which nothing is said.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub(in crate::spec) const SESSION_SECONDS_DEFAULT: u32 = 3600;

impl Lowering<'_> {
    pub(super) fn role(&mut self, name: &str, body: &Role) {
        let common = body.common();
        let mut holder = self.begin("roles", Kind::Role, name, &common);
        let trust = if body.trust.is_some() {
            self.trust(&holder.id, &holder.key("trust"))
        } else {
            let said = self.at_key(&holder.pointer, format!("role `{name}` does not say who may assume it"));
            self.say(said.help("add `trust: ec2`, `trust: [{ account: … }]` or a trust policy"));
            nothing()
        };
        self.boundary(&mut holder, body.boundary.as_deref());
        self.attached(&mut holder, &body.policies);
        self.inline(&mut holder, &body.inline);
        self.can_assume(&mut holder, &body.can_assume, &body.inline);
        self.assertions(&body.assert, &holder.key("assert"), Some(&holder.id));
        if body.instance_profile.unwrap_or_else(|| trusts_ec2(&trust)) {
            self.instance_profile(&holder.id);
        }
        let path = self.path(&holder, &common);
        let core = Core::Role {
            path,
            description: body.description.clone().unwrap_or_default(),
            max_session_seconds: body.max_session_duration.unwrap_or(SESSION_SECONDS_DEFAULT),
            trust,
        };
        self.end(holder, core);
    }

    /// What an EC2 instance carries the role in: named like it, and taken into ownership with it.
    fn instance_profile(&mut self, role: &ResourceId) {
        let id = ResourceId { kind: Kind::InstanceProfile, ..role.clone() };
        if let Some(span) = self.origins.of(role, None).cloned() {
            self.origins.declare(&id, span.clone());
            self.origins.declare_setting(&id, SettingKey::HeldRole, span);
        }
        for set in [&mut self.scope.adopt, &mut self.scope.takeover] {
            if set.contains(role) {
                set.insert(id.clone());
            }
        }
        self.scope.declared.insert(id.clone());
        let core = Core::InstanceProfile { path: mark_path(&self.home.info.name) };
        self.wanted.resources.insert(id, Resource::new(core, [Setting::HeldRole(role.clone())]));
    }
}

/// Whether EC2 may assume the role.
pub(in crate::spec) fn trusts_ec2(trust: &Policy) -> bool {
    trust.document().is_some_and(|document| {
        document.statements.iter().any(|statement| {
            let Some(Element::Is(principals)) = &statement.principal else { return false };
            let named = principals.get("Service").is_some_and(|services| {
                services.iter().any(|s| s == "ec2.amazonaws.com" || s == "ec2.amazonaws.com.cn")
            });
            statement.effect == Effect::Allow && named
        })
    })
}
