//! What an operation does to a state: the one definition, shared by the plan's own check and the embedded account.

use super::{
    Core, Kind, Operation, References, Refusal, Resource, ResourceId, Setting, State, Tie, Verb, id_of_arn,
};
use crate::policy::Policy;

impl State {
    /// Performs one operation, or refuses it and changes nothing.
    ///
    /// # Errors
    /// As AWS refuses: a name taken or missing, a reference to nothing, a deletion of something still in use; and
    /// [`Refusal::Moved`] where the operation expects to find something else.
    pub fn perform(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let id = &operation.target;
        match &operation.verb {
            Verb::Create { core, settings } => {
                if let Some(taken) = self.same_name(id) {
                    return Err(Refusal::AlreadyExists(taken));
                }
                self.check_references(&core.references())?;
                for setting in settings.values() {
                    self.check_references(&setting.references())?;
                }
                self.resources
                    .insert(id.clone(), Resource { core: core.clone(), settings: settings.clone() });
            }
            Verb::Rename { from } => self.rename(id, from)?,
            Verb::Update { found, wanted } => {
                self.check_references(&wanted.references())?;
                let resource = self.existing(id)?;
                if !cores_alike(&resource.core, found) {
                    return Err(Refusal::Moved(id.clone()));
                }
                resource.core = wanted.clone();
                if found.path() != wanted.path() {
                    let arn = self.principal_arn(id);
                    self.rewrite_principals(id, &|_| arn.clone());
                }
            }
            Verb::Put { found, wanted } => {
                self.check_references(&wanted.references())?;
                let resource = self.existing(id)?;
                let there = resource.settings.get(&wanted.key());
                let alike = match (there, found) {
                    (Some(there), Some(found)) => settings_alike(there, found),
                    (there, found) => there.is_none() && found.is_none(),
                };
                if !alike {
                    return Err(Refusal::Moved(id.clone()));
                }
                resource.set(wanted.clone());
            }
            Verb::Remove { found } => {
                let resource = self.existing(id)?;
                match resource.settings.get(&found.key()) {
                    Some(there) if settings_alike(there, found) => resource.settings.remove(&found.key()),
                    Some(_) => return Err(Refusal::Moved(id.clone())),
                    None => {
                        let setting = found.key().to_string();
                        return Err(Refusal::NoSuchSetting { resource: id.clone(), setting });
                    }
                };
            }
            Verb::Delete { found } => self.delete(id, found)?,
        }
        Ok(())
    }

    /// The resource that already has this name, as AWS compares names.
    pub fn same_name(&self, id: &ResourceId) -> Option<ResourceId> {
        if self.resources.contains_key(id) {
            return Some(id.clone());
        }
        if !id.kind.ignores_case() {
            return None;
        }
        let same = |other: &&ResourceId| other.kind == id.kind && other.name.eq_ignore_ascii_case(&id.name);
        self.of_account(&id.account).map(|(other, _)| other).find(same).cloned()
    }

    fn existing(&mut self, id: &ResourceId) -> Result<&mut Resource, Refusal> {
        self.resources.get_mut(id).ok_or_else(|| Refusal::NoSuchResource(id.clone()))
    }

    fn check_references(&self, references: &References) -> Result<(), Refusal> {
        match references.iter().find(|(id, _)| self.covers(id) && !self.resources.contains_key(id)) {
            Some((missing, _)) => Err(Refusal::NoSuchResource(missing.clone())),
            None => Ok(()),
        }
    }

    fn delete(&mut self, id: &ResourceId, found: &Core) -> Result<(), Refusal> {
        let resource = self.existing(id)?;
        if !cores_alike(&resource.core, found) {
            return Err(Refusal::Moved(id.clone()));
        }
        if let Some(setting) = resource.settings.values().find(|s| s.blocks_deletion()) {
            return Err(Refusal::NotEmpty { resource: id.clone(), setting: setting.key().to_string() });
        }
        let held = (id.clone(), Tie::Holds);
        if let Some((by, _)) =
            // What holds something is in the same account.
            self.of_account(&id.account).find(|(by, r)| *by != id && r.references().contains(&held))
        {
            return Err(Refusal::StillReferenced { target: id.clone(), by: by.clone() });
        }
        self.resources.remove(id);
        self.orphan(id);
        Ok(())
    }

    /// Where a deleted user or role was named as a principal, AWS shows its unique id from then on, and a new one of
    /// the same name does not heal it.
    fn orphan(&mut self, gone: &ResourceId) {
        if let Some(unique_id) = unique_id(gone) {
            self.rewrite_principals(gone, &|_| Some(unique_id.clone()));
        }
    }

    /// Renames keep identity: memberships and principals follow.
    fn rename(&mut self, id: &ResourceId, from: &str) -> Result<(), Refusal> {
        let old = ResourceId::new(&id.account, id.kind, from);
        if let Some(taken) = self.same_name(id).filter(|taken| *taken != old) {
            return Err(Refusal::AlreadyExists(taken));
        }
        let resource = self.resources.remove(&old).ok_or_else(|| Refusal::NoSuchResource(old.clone()))?;
        self.resources.insert(id.clone(), resource);
        let arn = self.principal_arn(id);
        self.rewrite_principals(&old, &|_| arn.clone());
        for resource in self.resources.values_mut() {
            let before = resource.settings.len();
            resource.settings.retain(|_, s| *s != Setting::Membership(old.clone()));
            if resource.settings.len() != before {
                resource.set(Setting::Membership(id.clone()));
            }
        }
        Ok(())
    }

    fn rewrite_principals(&mut self, named: &ResourceId, rewrite: &dyn Fn(&str) -> Option<String>) {
        let rewrite = |arn: &str| match id_of_arn(arn) {
            Some(id) if id == *named => rewrite(arn),
            _ => None,
        };
        let apply = |policy: &mut Policy| {
            if let Policy::Normal(document) = policy
                && document.aws_principals().into_iter().any(|arn| rewrite(arn).is_some())
            {
                *document = document.with_principals_renamed(&rewrite);
            }
        };
        for resource in self.resources.values_mut() {
            if let Core::Role { trust, .. } = &mut resource.core {
                apply(trust);
            }
            for setting in resource.settings.values_mut() {
                if let Setting::BucketPolicy(policy) = setting {
                    apply(policy);
                }
            }
        }
    }
}

/// Where two steps of a plan run side by side, one may delete a principal that the other's document names: whether the
/// document still shows its ARN or already its unique id then says nothing about anybody else's doing.
fn cores_alike(a: &Core, b: &Core) -> bool {
    match (a, b) {
        (
            Core::Role { path: a, description: c, max_session_seconds: e, trust: g },
            Core::Role { path: b, description: d, max_session_seconds: f, trust: h },
        ) => (a, c, e) == (b, d, f) && alike(g, h),
        _ => a == b,
    }
}

fn settings_alike(a: &Setting, b: &Setting) -> bool {
    match (a, b) {
        (Setting::BucketPolicy(a), Setting::BucketPolicy(b)) => alike(a, b),
        _ => a == b,
    }
}

fn alike(a: &Policy, b: &Policy) -> bool {
    reads_as(a, b) || reads_as(b, a)
}

/// Whether a document is as expected, but for principals that were deleted since and show as unique ids: that is not
/// a change by anybody.
pub fn reads_as(now: &Policy, expected: &Policy) -> bool {
    let (Policy::Normal(now), Policy::Normal(expected)) = (now, expected) else { return now == expected };
    if now == expected {
        return true;
    }
    let named = |arn: &str| id_of_arn(arn).filter(|id| matches!(id.kind, Kind::User | Kind::Role));
    let is_unique_id = |text: &str| text.starts_with("AIDA") || text.starts_with("AROA");
    let same = |text: &str| (named(text).is_some() || is_unique_id(text)).then(|| String::from("AIDAROA"));
    let (there, aimed) = (now.aws_principals(), expected.aws_principals());
    let nobody_new = there.iter().all(|text| match named(text) {
        Some(id) => aimed.contains(text) || unique_id(&id).is_some_and(|gone| aimed.contains(gone.as_str())),
        None => is_unique_id(text) || aimed.contains(text),
    });
    nobody_new
        && there.len() == aimed.len()
        && now.with_principals_renamed(&same) == expected.with_principals_renamed(&same)
}

/// Stands for the unique id that AWS shows where a deleted user or role was named.
fn unique_id(gone: &ResourceId) -> Option<String> {
    let name: String =
        gone.name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    match gone.kind {
        Kind::User => Some(format!("AIDADELETED{name}")),
        Kind::Role => Some(format!("AROADELETED{name}")),
        Kind::Group
        | Kind::Policy
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(principals: &str) -> Policy {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":[{principals}]}},"Action":"sts:AssumeRole"}}}}"#
        );
        Policy::from_text(&text, "aws")
    }

    #[test]
    fn a_deleted_principal_is_no_change_and_another_one_is() {
        let both = trust(r#""arn:aws:iam::111122223333:role/a","arn:aws:iam::111122223333:role/b""#);
        let one_gone = trust(r#""arn:aws:iam::111122223333:role/a","AROAEXAMPLE""#);
        assert!(reads_as(&both, &both));
        assert!(reads_as(&one_gone, &both));
        let removed = trust(r#""arn:aws:iam::111122223333:role/a""#);
        assert!(!reads_as(&removed, &both));
        let exchanged = trust(r#""arn:aws:iam::111122223333:role/a","arn:aws:iam::111122223333:role/c""#);
        assert!(!reads_as(&exchanged, &both));
        let widened = trust(r#""arn:aws:iam::444455556666:root","AROAEXAMPLE""#);
        assert!(!reads_as(&widened, &both));
    }

    #[test]
    fn a_plan_may_expect_a_principal_gone_that_is_still_there() {
        let there = trust(r#""arn:aws:iam::111122223333:role/a""#);
        assert!(reads_as(&there, &trust(r#""AROADELETEDA""#)));
        assert!(!reads_as(&there, &trust(r#""AROADELETEDB""#)));
    }
}
