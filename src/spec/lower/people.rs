//! Groups, users and customer managed policies.

use std::collections::BTreeSet;

use super::Lowering;
use super::statements::nothing;
use crate::diagnostic::did_you_mean;
use crate::policy::Usage;
use crate::spec::schema::{Group, ManagedPolicy, User};
use crate::state::{Core, Kind, ResourceId, Setting};

impl Lowering<'_> {
    pub(super) fn group(&mut self, name: &str, body: &Group) {
        let common = body.common();
        let mut holder = self.begin("groups", Kind::Group, name, &common);
        self.attached(&mut holder, &body.policies);
        self.inline(&mut holder, &body.inline);
        self.can_assume(&mut holder, &body.can_assume, &body.inline);
        self.assertions(&body.assert, &holder.key("assert"), Some(&holder.id));
        let path = self.path(&holder, &common);
        self.end(holder, Core::Group { path });
    }

    pub(super) fn user(&mut self, name: &str, body: &User) {
        let common = body.common();
        let mut holder = self.begin("users", Kind::User, name, &common);
        let groups = &self.home.loaded.environment.groups;
        let mut seen = BTreeSet::new();
        for (n, group) in body.groups.iter().enumerate() {
            let pointer = format!("{}/{n}", holder.key("groups"));
            if !groups.contains_key(group) {
                let help = did_you_mean(group, groups.keys().map(String::as_str)).map_or_else(
                    || format!("declare it: groups: {{ {group}: {{}} }}"),
                    |near| format!("did you mean `{near}`?"),
                );
                self.say(self.at(&pointer, format!("there is no group `{group}`")).help(help));
            } else if !seen.insert(group) {
                self.say(self.at(&pointer, format!("group `{group}` is named twice")));
            } else {
                let group = ResourceId::new(&self.home.info.account, Kind::Group, group);
                self.set(&mut holder, &pointer, Setting::Membership(group));
            }
        }
        self.boundary(&mut holder, body.boundary.as_deref());
        self.attached(&mut holder, &body.policies);
        self.inline(&mut holder, &body.inline);
        self.assertions(&body.assert, &holder.key("assert"), Some(&holder.id));
        if body.console {
            let pointer = holder.key("console");
            self.set(&mut holder, &pointer, Setting::SignIn);
            self.scope.sign_ins.insert(holder.id.clone());
        }
        let path = self.path(&holder, &common);
        self.end(holder, Core::User { path });
    }

    pub(super) fn managed_policy(&mut self, name: &str, body: &ManagedPolicy) {
        let common = body.common();
        let holder = self.begin("policies", Kind::Policy, name, &common);
        let document = if body.statements.is_some() {
            self.document(&holder.id, None, &holder.key("statements"), Usage::Identity)
        } else {
            let said = self.at_key(&holder.pointer, format!("policy `{name}` says nothing"));
            self.say(said.help("add `statements: […]` or `template: …`"));
            nothing()
        };
        let path = self.path(&holder, &common);
        let description = body.description.clone().unwrap_or_default();
        self.end(holder, Core::Policy { path, description, document });
    }
}
