//! Whether what a claim says is done can be done to what it names: of what cannot be, everything would hold.

use super::Lowering;
use crate::diagnostic::Diagnostic;
use crate::policy::{arn, catalogue};
use crate::spec::assertion::{Act, Target};

/// An item of `on`, with what it means.
pub(super) struct Item {
    /// As it is written; none for the bucket that holds the claim.
    pub text: Option<String>,
    /// Where it stands.
    pub pointer: String,
    /// What it means.
    pub targets: Vec<Target>,
}

impl Item {
    fn patterns(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| match target {
            Target::Resource(pattern) | Target::Role(pattern) => pattern.as_str(),
        })
    }
}

impl Lowering<'_> {
    /// Says which acts can be on nothing that is named, which items nothing of it can be on, and where a bucket is
    /// named for what is done to its objects, or the other way round. `gives` if the claim is that somebody can.
    pub(super) fn fit(&mut self, acts: &[(Act, String)], items: &[Item], gives: bool) {
        let roles = |item: &Item| item.targets.iter().any(|target| matches!(target, Target::Role(_)));
        if items.iter().any(roles) {
            return;
        }
        let fits = |act: &Act, item: &Item| item.patterns().any(|pattern| can_be_on(act, pattern, gives));
        let mut said = vec![];
        for item in items {
            let covered = acts
                .iter()
                .any(|(act, _)| fits(act, item) || other_half(act, item, items, gives) == Some(Other::Named));
            let mut unfit = acts.iter().map(|(act, _)| act).filter(|act| !fits(act, item));
            let half = unfit.clone().find(|act| other_half(act, item, items, gives) == Some(Other::Missing));
            if let Some(act) = half.or_else(|| unfit.next().filter(|_| !covered)) {
                said.push(self.unfit(act, item));
            }
        }
        if said.is_empty() {
            let lost = acts.iter().filter(|(act, _)| !items.iter().any(|item| fits(act, item)));
            for (act, pointer) in lost {
                let message = match items {
                    [Item { text: Some(text), .. }] => format!("`{act}` cannot be on `{text}`"),
                    [Item { text: None, .. }] => format!("`{act}` cannot be on a bucket or what is in it"),
                    _ => format!("`{act}` cannot be on any of what `on` names"),
                };
                let diagnostic = self.at(pointer, message);
                said.push(match form(act, None) {
                    Some(form) => diagnostic.help(form),
                    None => diagnostic,
                });
            }
        }
        said.into_iter().for_each(|diagnostic| self.say(diagnostic));
    }

    fn unfit(&self, act: &Act, item: &Item) -> Diagnostic {
        let Item { text, pointer, targets: _ } = item;
        let text = text.as_deref().unwrap_or_default();
        let [pattern] = item.patterns().collect::<Vec<_>>()[..] else {
            let message = format!("`{act}` cannot be on a bucket or what is in it");
            return self.at(pointer, message);
        };
        let written = |arn: &str| {
            let name = arn.rsplit(":::").next().unwrap_or(arn);
            if text.starts_with("arn:") { arn.to_owned() } else { format!("s3://{name}") }
        };
        match half(pattern) {
            Some(Half::Bucket(objects)) if act.can_be_on(&objects) => {
                let name = pattern.rsplit(':').next().unwrap_or(pattern);
                let said = self.at(pointer, format!("`{act}` cannot be on the bucket itself"));
                said.help(format!(
                    "write `{}` for what is in it, or `bucket/{name}` for both",
                    written(&objects)
                ))
            }
            Some(Half::Objects(bucket)) if act.can_be_on(&bucket) => {
                let said = self.at(pointer, format!("`{act}` cannot be on what is in a bucket"));
                said.help(format!("write `{}` for the bucket itself", written(&bucket)))
            }
            _ => {
                let said = self.at(pointer, format!("`{act}` cannot be on `{text}`"));
                match form(act, pattern.split(':').nth(2)) {
                    Some(form) => said.help(form),
                    None => said,
                }
            }
        }
    }
}

/// The part of a bucket that a pattern of S3 is of, and a pattern for the other part.
enum Half {
    /// The bucket itself; what is in it.
    Bucket(String),
    /// What is in it; the bucket itself.
    Objects(String),
}

fn half(pattern: &str) -> Option<Half> {
    let [_, _, service, _, _, resource] = arn::split(pattern)?;
    if service != "s3" {
        return None;
    }
    Some(match resource.split_once('/') {
        None => Half::Bucket(format!("{pattern}/*")),
        Some(_) => Half::Objects(pattern.split('/').next().unwrap_or(pattern).to_owned()),
    })
}

/// Whether an item names the other part of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Named,
    Missing,
}

/// What is so of the other part of an item's bucket, if an act could be on that.
fn other_half(act: &Act, item: &Item, items: &[Item], gives: bool) -> Option<Other> {
    let mut patterns = item.patterns();
    let (Some(pattern), None) = (patterns.next(), patterns.next()) else { return None };
    let mut others = items.iter().flat_map(Item::patterns);
    let (other, named) = match half(pattern)? {
        Half::Bucket(objects) => {
            let bucket = format!("{pattern}/");
            (objects, others.any(|other| other.starts_with(&bucket)))
        }
        Half::Objects(bucket) => {
            let named = others.any(|other| *other == bucket);
            (bucket, named)
        }
    };
    can_be_on(act, &other, gives).then_some(if named { Other::Named } else { Other::Missing })
}

/// That somebody can list objects means that he can ask their bucket for them.
fn can_be_on(act: &Act, pattern: &str, gives: bool) -> bool {
    act.can_be_on(pattern) || (gives && act.can_list() && matches!(half(pattern), Some(Half::Objects(_))))
}

/// What the ARN is like of something that an act can be on.
fn form(act: &Act, service: Option<&str>) -> Option<String> {
    let actions = act.actions(service.unwrap_or("*"));
    let mut used = actions.iter().flat_map(|action| action.resources.iter().map(move |used| (action, used)));
    let (action, used) = used
        .find(|(_, used)| used.required)
        .or_else(|| actions.iter().find_map(|action| Some((action, action.resources.first()?))))?;
    let kind = catalogue::service(action.service)?.resource_type(used.name)?;
    Some(format!("`{}` is on what has an ARN like `{}`", action.full_name(), kind.arn))
}
