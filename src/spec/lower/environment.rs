//! One environment from top to bottom: its sections, and the keys that are about the whole.

use super::{Lowering, under};
use crate::diagnostic::did_you_mean;
use crate::state::{Ignored, Kind, ResourceId};

impl Lowering<'_> {
    /// Lowers every section.
    pub(super) fn environment(&mut self) {
        let environment = &self.home.loaded.environment;
        for key in environment.tags.keys() {
            self.tag_key_is_free(key, &under("/tags", key));
        }
        if let Some(assume) = &environment.assume_role {
            let reading = assume.read_role.iter().map(|role| ("/assume_role/read_role", role));
            for (at, role) in std::iter::once(("/assume_role/role", &assume.role)).chain(reading) {
                if is_role(role, self.home.info.partition.as_str()) {
                    continue;
                }
                let message = format!("`{role}` is neither a role's name nor its ARN");
                let help = format!(
                    "write NAME for a role of this account, or arn:{}:iam::ACCOUNT:role/NAME",
                    self.home.info.partition
                );
                self.say(self.at(at, message).help(help));
            }
        }
        for (name, body) in &environment.groups {
            self.group(name, body);
        }
        for (name, body) in &environment.users {
            self.user(name, body);
        }
        for (name, body) in &environment.policies {
            self.managed_policy(name, body);
        }
        for (name, body) in &environment.roles {
            self.role(name, body);
        }
        for (name, body) in &environment.buckets {
            self.bucket(name, body);
        }
        if let Some(section) = &environment.sagemaker {
            self.sagemaker(section);
        }
        if let Some(section) = &environment.account_settings {
            self.account_settings(section);
        }
        self.assertions(&environment.assert, "/assert", None);
        self.break_glass(&environment.break_glass);
        for (n, address) in environment.retire.iter().enumerate() {
            self.retire(address, &format!("/retire/{n}"));
        }
        for (n, address) in environment.adopt.iter().enumerate() {
            let taken = self.declared_here(address, &format!("/adopt/{n}"));
            self.scope.adopt.extend(taken);
        }
        for (n, address) in environment.takeover.iter().enumerate() {
            let taken = self.declared_here(address, &format!("/takeover/{n}"));
            self.scope.takeover.extend(taken);
        }
        for (n, ignored) in environment.ignore.iter().enumerate() {
            let pointer = format!("/ignore/{n}");
            self.ignore(&ignored.address, &ignored.reason, &pointer);
        }
    }

    fn retire(&mut self, address: &str, pointer: &str) {
        let Some((kind, name)) = self.address(address, pointer) else { return };
        if !kind.holds_data() {
            let message = format!("`{address}` holds no data, so it need not be retired");
            let help = "take it out of the file: hatrack deletes what is its own and no longer declared";
            return self.say(self.at(pointer, message).help(help));
        }
        if matches!(kind, Kind::Space | Kind::Account) {
            let message = match kind {
                Kind::Space => "people make spaces of their own, and delete them: hatrack does neither",
                _ => "the settings of an account are changed, and never deleted as a whole",
            };
            return self.say(self.at(pointer, message));
        }
        self.scope.sagemaker |= kind.is_regional();
        let id = ResourceId::in_region(&self.home.info.account, kind, name, &self.home.info.region);
        if let Some(declared) = self.estate.declaration(&id) {
            let message = format!("`{address}` is declared and retired at once");
            let said = self.at(pointer, message).related(declared, "declared here");
            return self.say(said.help("leave one of the two"));
        }
        self.origins.declare(&id, self.home.place(pointer)); // the place a person edits
        self.scope.retire.insert(id);
    }

    /// The resource of an address that this file declares, and the instance profile that comes with it; none after
    /// saying why not.
    fn declared_here(&mut self, address: &str, pointer: &str) -> Vec<ResourceId> {
        let Some((kind, name)) = self.address(address, pointer) else { return vec![] };
        let id = ResourceId::in_region(&self.home.info.account, kind, name, &self.home.info.region);
        if !self.scope.declared.contains(&id) {
            let known: Vec<String> = self.scope.declared.iter().map(ResourceId::address).collect();
            let near = did_you_mean(address, known.iter().map(String::as_str));
            let help = near.map_or_else(
                || "declare it, or take the line out".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.say(self.at(pointer, format!("this file does not declare `{address}`")).help(help));
            return vec![];
        }
        let profile = ResourceId { kind: Kind::InstanceProfile, ..id.clone() };
        let comes_along = kind == Kind::Role && self.scope.declared.contains(&profile);
        let mut all = vec![id];
        all.extend(comes_along.then_some(profile));
        all
    }

    fn ignore(&mut self, address: &str, reason: &str, pointer: &str) {
        let place = under(pointer, "address");
        if let Some((kind, name)) = self.address(address, &place) {
            let id = ResourceId::in_region(&self.home.info.account, kind, name, &self.home.info.region);
            if let Some(declared) = self.estate.declaration(&id) {
                let message = format!("`{address}` is declared and ignored at once");
                self.say(self.at(&place, message).related(declared, "declared here"));
            }
        }
        if reason.trim().is_empty() {
            self.say(self.at(&under(pointer, "reason"), format!("no reason is given to ignore `{address}`")));
        }
        self.scope.ignored.push(Ignored { address: address.to_owned(), reason: reason.to_owned() });
    }

    /// Kind and name of an address; none after saying why not.
    fn address<'t>(&mut self, address: &'t str, pointer: &str) -> Option<(Kind, &'t str)> {
        let Some((kind, name)) = address.split_once('/').filter(|(_, name)| !name.is_empty()) else {
            let said = self.at(pointer, format!("`{address}` is no address"));
            self.say(said.help("write KIND/NAME: `bucket/acme-old`"));
            return None;
        };
        match kind.parse::<Kind>() {
            Ok(kind) => Some((kind, name)),
            Err(message) => {
                let (what, words) = message.split_once(": ").unwrap_or((&message, ""));
                self.say(self.at(pointer, what).help(words));
                None
            }
        }
    }
}

/// A role's ARN in the partition, or its name with or without a path.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_role(text: &str, partition: &str) -> bool {
    match text.strip_prefix("arn:") {
        Some(_) => text.starts_with(&format!("arn:{partition}:iam::")) && text.contains(":role/"),
        None => {
            let word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
            !text.is_empty() && text.chars().all(word) && !text.ends_with('/')
        }
    }
}
