//! Performing one operation: which call it is, and what to wait for.

use super::client::Link;
use super::error::{Fault, Sort};
use super::retry::Lag;
use super::{write_bucket, write_edge, write_iam};
use crate::state::sagemaker_kinds;
use crate::state::{Kind, Operation, PolicyReference, Refusal, ResourceId, Setting, Settings, Verb};

/// One operation under way.
pub(super) struct Task<'a> {
    pub(super) link: &'a Link,
    pub(super) id: &'a ResourceId,
    pub(super) lag: Lag,
}

/// Performs one operation.
pub(super) async fn perform(link: &Link, operation: &Operation) -> Result<(), Refusal> {
    let Operation { target, verb } = operation;
    if target.account != link.account {
        let message = format!("{} is not in account {}", target.address(), link.account);
        return Err(Refusal::Invalid { code: "WrongAccount".to_owned(), message });
    }
    let task = Task { link, id: target, lag: lag(link, operation) };
    let result = match target.kind {
        Kind::Bucket => write_bucket::perform(&task, verb).await,
        Kind::Account => super::settings::perform(&task, verb).await,
        #[cfg(feature = "sagemaker")]
        sagemaker_kinds!() => super::write_sagemaker::perform(&task, verb).await,
        #[cfg(not(feature = "sagemaker"))]
        sagemaker_kinds!() => Err(Fault::invalid("Unsupported", "this hatrack was built without SageMaker")),
        Kind::User | Kind::Group | Kind::Policy | Kind::Role | Kind::InstanceProfile => match verb {
            Verb::Create { core, settings } => write_iam::create(&task, core, settings).await,
            Verb::Rename { from } => write_iam::rename(&task, from).await,
            Verb::Update { found, wanted } => write_iam::update(&task, found, wanted).await,
            Verb::Put { found, wanted } => write_edge::put(&task, found.as_ref(), wanted).await,
            Verb::Remove { found } => write_edge::remove(&task, found).await,
            Verb::Delete { .. } => write_iam::delete(&task).await,
        },
    };
    match result {
        Ok(()) => {
            link.note_changed(target);
            Ok(())
        }
        Err(fault) => {
            // What may have been done may also not be visible yet.
            if fault.sort == Sort::Lost {
                link.note_changed(target);
            }
            Err(fault.refusal(target))
        }
    }
}

/// What may not be visible everywhere yet: what this run has changed, and what the operation names of it.
fn lag(link: &Link, operation: &Operation) -> Lag {
    let named: Vec<&ResourceId> = match &operation.verb {
        Verb::Put { wanted, .. } => named(wanted).into_iter().collect(),
        Verb::Create { settings, .. } => settings.values().filter_map(named).collect(),
        Verb::Rename { .. } | Verb::Update { .. } | Verb::Remove { .. } | Verb::Delete { .. } => vec![],
    };
    let own = link.has_changed(&operation.target);
    // Terraform waits for `DeleteConflict` on roles in any case: an earlier run may have detached just now.
    let deleting = matches!(operation.verb, Verb::Delete { .. });
    Lag {
        absent: !deleting && (own || named.into_iter().any(|id| link.has_changed(id))),
        in_use: match operation.target.kind {
            Kind::Role => deleting,
            // Objects do not go away by waiting.
            Kind::Bucket => false,
            // A role that was made a moment ago, or an app that ended.
            sagemaker_kinds!() => deleting,
            Kind::Account => false,
            Kind::User | Kind::Group | Kind::Policy | Kind::InstanceProfile => deleting && own,
        },
    }
}

/// The other resource that a setting names.
fn named(setting: &Setting) -> Option<&ResourceId> {
    match setting {
        Setting::Boundary(PolicyReference::Customer(id))
        | Setting::Attached(PolicyReference::Customer(id)) => Some(id),
        Setting::Membership(id) | Setting::HeldRole(id) => Some(id),
        Setting::StudioLifecycle { config, app: _ } => Some(config),
        _ => None,
    }
}

/// The tags among settings.
pub(super) fn tags_of(settings: &Settings) -> impl Iterator<Item = (&str, &str)> {
    settings.values().filter_map(|setting| match setting {
        Setting::Tag { key, value } => Some((key.as_str(), value.as_str())),
        _ => None,
    })
}

/// What was found in place of what an operation expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Now {
    /// As expected: go on.
    Found,
    /// Already as wanted: an earlier run, or another hand, has done it.
    Wanted,
}

impl Task<'_> {
    /// Looks before a whole document is overwritten, so that nobody's change in between is lost. An own
    /// change of this run may not be visible yet, and gets a few looks.
    pub(super) async fn look<T>(
        &self,
        read: impl AsyncFn() -> Result<T, Fault>,
        is_found: impl Fn(&T) -> bool,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<Now, Fault> {
        let looks = if self.link.has_changed(self.id) { 6 } else { 1 };
        for look in 0..looks {
            if look > 0 {
                self.link.rest(std::time::Duration::from_secs(2)).await?;
            }
            let now = read().await?;
            if is_wanted(&now) {
                return Ok(Now::Wanted);
            }
            if is_found(&now) {
                return Ok(Now::Found);
            }
        }
        Err(Fault::new(Sort::Moved, "Moved", "changed meanwhile"))
    }

    /// AWS has no call for this.
    pub(super) fn cannot(&self, what: &str) -> Fault {
        Fault::invalid("Unsupported", format!("{} cannot have its {what} changed", self.id.address()))
    }
}
