//! `can_assume`: the leg of `sts:AssumeRole` on the side of those who put the hat on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Lowering;
use super::estate::Sought;
use super::holder::Holder;
use crate::policy::Usage;
use crate::state::{Kind, Setting, SettingKey};

/// The name of the inline policy that `can_assume` makes.
pub const CAN_ASSUME: &str = "hatrack-can-assume";

impl Lowering<'_> {
    /// One inline policy that allows to assume the roles named.
    pub(super) fn can_assume(
        &mut self,
        holder: &mut Holder,
        roles: &[String],
        inline: &BTreeMap<String, Value>,
    ) {
        let list = holder.key("can_assume");
        if roles.is_empty() {
            return;
        }
        if inline.contains_key(CAN_ASSUME) {
            let pointer = super::under(&holder.key("inline"), CAN_ASSUME);
            let message = format!("`can_assume` makes an inline policy `{CAN_ASSUME}` itself");
            self.say(self.at_key(&pointer, message).help("give this one another name"));
        }
        let mut arns = BTreeSet::new();
        for (n, role) in roles.iter().enumerate() {
            let pointer = format!("{list}/{n}");
            match self.estate.identity(self.home, Kind::Role, role) {
                Sought::Found { arn, .. } if arns.contains(&arn) => {
                    self.say(self.at(&pointer, format!("role `{role}` is named twice")));
                }
                Sought::Found { arn, .. } => {
                    arns.insert(arn);
                }
                Sought::Unread => {}
                Sought::Missing { message, help } => self.say(self.at(&pointer, message).help(help)),
            }
        }
        if arns.is_empty() {
            return;
        }
        let statement = json!({
            "Sid": "AssumeRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arns,
        });
        let part = Some(SettingKey::Inline(CAN_ASSUME.to_owned()));
        let document = self.read_document(&holder.id, part, &statement, Usage::Identity, &|_| list.clone());
        self.set(holder, &list, Setting::Inline { name: CAN_ASSUME.to_owned(), document });
    }
}
