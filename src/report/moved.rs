//! How an account has moved since a plan was made.

use std::collections::BTreeMap;

use super::words::core_words;
use crate::plan::Change;
use crate::state::ResourceId;

/// A line for each thing that is not as it was, given the changes from then to now.
pub fn moved(changes: &BTreeMap<ResourceId, Change>) -> Vec<String> {
    let mut lines = vec![];
    for (id, change) in changes {
        let address = id.address();
        match change {
            Change::Create(_) => lines.push(format!("{address} has been created")),
            Change::Delete(_) => lines.push(format!("{address} has been deleted")),
            Change::Replace { fields, .. } => {
                lines.push(format!("{address} has been made anew: another {}", fields.join(", ")));
            }
            Change::Update { renamed_from: _, core, settings } => {
                if let Some((then, now)) = core {
                    lines.push(format!("{address}: {} changed", core_words(then, now).join(", ")));
                }
                lines.extend(settings.iter().filter_map(|setting| {
                    let (word, key) = match (&setting.found, &setting.wanted) {
                        (None, Some(now)) => ("added", now.key()),
                        (Some(then), None) => ("removed", then.key()),
                        (Some(_), Some(now)) => ("changed", now.key()),
                        (None, None) => return None,
                    };
                    Some(format!("{address}: {key} {word}"))
                }));
            }
        }
    }
    lines
}
