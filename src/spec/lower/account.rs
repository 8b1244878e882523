//! The account's own settings, and what is done by hand because AWS has no call for it.

use super::{Lowering, under};
use crate::spec::checklist::{CheckItem, KNOWN};
use crate::spec::schema::AccountSettings;
use crate::state::{ACCOUNT_SETTINGS, Core, Kind, ResourceId, Setting, SettingKey};

impl Lowering<'_> {
    pub(super) fn account_settings(&mut self, section: &AccountSettings) {
        let AccountSettings { alias, password_policy, public_access_block, checklist } = section;
        let pointer = "/account_settings";
        let id = ResourceId::new(&self.home.info.account, Kind::Account, ACCOUNT_SETTINGS);
        let another = self.estate.homes.iter().find(|home| {
            home.info.account == id.account
                && home.info.name < self.home.info.name
                && home.loaded.environment.account_settings.is_some()
        });
        if let Some(another) = another {
            let message = format!(
                "environment `{}` of the same account has `account_settings`, too",
                another.info.name
            );
            let said = self.at_key(pointer, message);
            let first = another.key_place(pointer);
            return self.say(said.related(first, "the first is here").help("let one of the two have them"));
        }
        self.origins.declare(&id, self.home.key_place(pointer));
        let settings = [
            ("alias", SettingKey::AccountAlias, alias.clone().map(Setting::AccountAlias)),
            (
                "password_policy",
                SettingKey::PasswordPolicy,
                password_policy.clone().map(Setting::PasswordPolicy),
            ),
            (
                "public_access_block",
                SettingKey::PublicAccessBlock,
                public_access_block.map(Setting::PublicAccessBlock),
            ),
        ];
        let mut holder = super::holder::Holder { id, pointer: pointer.to_owned(), settings: vec![] };
        for (key, setting_key, setting) in settings {
            match setting {
                Some(setting) => self.set(&mut holder, &under(pointer, key), setting),
                None => {
                    self.scope.as_found.insert((holder.id.clone(), setting_key));
                }
            }
        }
        self.end(holder, Core::Account);
        for (name, body) in checklist {
            let place = under(&under(pointer, "checklist"), name);
            let known = KNOWN.iter().find(|(known, _)| known == name).map(|(_, what)| *what);
            let Some(what) = body.what.as_deref().or(known) else {
                let names: Vec<String> = KNOWN.iter().map(|(name, _)| format!("`{name}`")).collect();
                let said = self.at_key(&place, format!("nobody knows what `{name}` is"));
                self.say(said.help(format!("add `what: …`; known are {}", names.join(", "))));
                continue;
            };
            let on = body.on.as_deref().and_then(|text| match text.parse::<jiff::civil::Date>() {
                Ok(date) => Some(date),
                Err(_) => {
                    let said = self.at(&under(&place, "on"), format!("`{text}` is no date"));
                    self.say(said.help("write `YYYY-MM-DD`"));
                    None
                }
            });
            if body.by.is_some() != body.on.is_some() {
                let lacks = if body.by.is_some() { "on" } else { "by" };
                let said = self.at_key(&place, format!("an acknowledgement needs `{lacks}`, too"));
                self.say(said.help("who did it, and when: `by: jane`, `on: 2026-11-28`"));
            }
            self.checklist.push(CheckItem {
                name: name.clone(),
                what: what.to_owned(),
                by: body.by.clone(),
                on,
                place: self.home.key_place(&place),
            });
        }
        for (name, what) in KNOWN {
            if !checklist.contains_key(name) {
                let place = self.home.key_place(pointer);
                let (name, what) = (name.to_owned(), what.to_owned());
                self.checklist.push(CheckItem { name, what, by: None, on: None, place });
            }
        }
    }
}
