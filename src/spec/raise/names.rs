//! The names people use: policies, roles and accounts as a file would say them.

use super::Raising;
use crate::policy::catalogue::aws_managed;
use crate::state::{Kind, PolicyReference, ResourceId, iam_arn};

impl Raising<'_> {
    /// A managed policy: a key of the file, an AWS managed policy by name, or an ARN.
    pub(super) fn policy_name(&self, policy: &PolicyReference) -> String {
        match policy {
            PolicyReference::Customer(id) if self.has(id) => id.name.clone(),
            PolicyReference::Customer(id) => {
                let path = self.around.found.resources.get(id).and_then(|policy| policy.core.path());
                iam_arn(&self.around.scope.partition, id, path.unwrap_or("/"))
            }
            PolicyReference::Aws(full) => {
                let short = full.rsplit('/').next().unwrap_or(full);
                let means = |text: &str| {
                    let own = ResourceId::new(&self.around.scope.account, Kind::Policy, text);
                    !self.has(&own) && aws_managed::resolve(text) == Ok(full.as_str())
                };
                let name = [short, full].into_iter().find(|text| means(text));
                name.map_or_else(
                    || format!("arn:{}:iam::aws:policy/{full}", self.around.scope.partition),
                    str::to_owned,
                )
            }
        }
    }

    /// A role or user by its ARN: by name if a file declares it.
    pub(super) fn identity_name(&self, id: &ResourceId, arn: &str) -> String {
        let path = self.around.found.resources.get(id).and_then(|found| found.core.path());
        let as_named = path.is_some_and(|path| iam_arn(&self.around.scope.partition, id, path) == arn);
        if self.has(id) && as_named {
            return id.name.clone();
        }
        self.around.elsewhere.get(arn).cloned().unwrap_or_else(|| arn.to_owned())
    }
}
