//! What all holders have in common: names, tags, paths, marks, and how they come into ownership.

use super::{Lowering, under};
use crate::spec::schema::{Common, Others};
use crate::state::sagemaker_kinds;
use crate::state::{Core, Kind, MARK_TAG, Resource, ResourceId, Setting, fit, mark_path};

/// A holder on its way down.
pub(super) struct Holder {
    /// Who it will be.
    pub id: ResourceId,
    /// Where its body stands.
    pub pointer: String,
    /// Its settings so far.
    pub settings: Vec<Setting>,
}

impl Holder {
    /// The pointer to a key of the body.
    pub fn key(&self, key: &str) -> String {
        under(&self.pointer, key)
    }
}

impl Lowering<'_> {
    /// Begins a holder: declares it and reads the keys that all have.
    pub(super) fn begin(&mut self, section: &str, kind: Kind, name: &str, common: &Common<'_>) -> Holder {
        let id = ResourceId::in_region(&self.home.info.account, kind, name, &self.home.info.region);
        self.begin_at(id, under(&format!("/{section}"), name), common)
    }

    /// Begins a holder whose body stands at a pointer.
    pub(super) fn begin_at(&mut self, id: ResourceId, pointer: String, common: &Common<'_>) -> Holder {
        self.origins.declare(&id, self.home.key_place(&pointer));
        let mut holder = Holder { id, pointer, settings: vec![] };
        self.ownership(&holder, common);
        self.tags(&mut holder, common);
        holder
    }

    /// Adds a setting that stands at a pointer.
    pub(super) fn set(&mut self, holder: &mut Holder, pointer: &str, setting: Setting) {
        let span = self.home.origin(self.home.key_place(pointer), pointer);
        self.origins.declare_setting(&holder.id, setting.key(), span);
        holder.settings.push(setting);
    }

    /// Ends a holder: into the wanted state with it, its documents packed where AWS would not take them as written.
    pub(super) fn end(&mut self, holder: Holder, core: Core) {
        self.scope.declared.insert(holder.id.clone());
        let resource = fit::fitted(holder.id.kind, Resource::new(core, holder.settings));
        self.wanted.resources.insert(holder.id, resource);
    }

    fn ownership(&mut self, holder: &Holder, common: &Common<'_>) {
        if common.adopt {
            self.scope.adopt.insert(holder.id.clone());
        }
        if common.takeover {
            self.scope.takeover.insert(holder.id.clone());
        }
        if common.others == Some(Others::Keep) {
            self.scope.keep_others.insert(holder.id.clone());
        }
        if let Some(from) = common.renamed_from {
            self.renamed(holder, from);
        }
    }

    fn renamed(&mut self, holder: &Holder, from: &str) {
        let id = &holder.id;
        let pointer = holder.key("renamed_from");
        let old = ResourceId { name: from.to_owned(), ..id.clone() };
        let environment = &self.home.loaded.environment;
        let refusal = match id.kind {
            Kind::User | Kind::Group => {
                let declared = match id.kind {
                    Kind::User => environment.users.contains_key(from),
                    _ => environment.groups.contains_key(from),
                };
                if from == id.name {
                    self.at(&pointer, format!("`{from}` is the name it has"))
                } else if declared {
                    self.at(&pointer, format!("{} `{from}` is still declared", id.kind))
                        .help(format!("take `{from}` out of the file: it becomes `{}`", id.name))
                } else if let Some((other, _)) = self.scope.renamed.iter().find(|(_, o)| **o == old.name) {
                    let message = format!("{} `{from}` already becomes `{}`", id.kind, other.name);
                    self.at(&pointer, message)
                } else {
                    self.scope.renamed.insert(id.clone(), from.to_owned());
                    return;
                }
            }
            Kind::Bucket => self.at_key(&pointer, "a bucket cannot be renamed").help(format!(
                "create `{}`, copy the objects, then `retire: [bucket/{from}]` once `{from}` is empty",
                id.name
            )),
            Kind::Policy | Kind::Role | Kind::InstanceProfile | sagemaker_kinds!() | Kind::Account => self
                .at_key(&pointer, format!("AWS fixes a {}'s name when it is created", id.kind))
                .help(format!(
                    "drop `renamed_from`: `{}` is created and `{from}`, if it is this environment's, deleted",
                    id.name
                )),
        };
        self.say(refusal);
    }

    fn tags(&mut self, holder: &mut Holder, common: &Common<'_>) {
        let kind = holder.id.kind;
        if kind == Kind::Group {
            if !common.tags.is_empty() {
                self.say(self.at_key(&holder.key("tags"), "AWS has no tags for groups"));
            }
            return;
        }
        // Users and roles: `Project` and `project` are one tag. Policies and buckets tell them apart.
        let ignores_case = matches!(kind, Kind::User | Kind::Role);
        let same = |a: &str, b: &str| if ignores_case { a.eq_ignore_ascii_case(b) } else { a == b };
        let mut taken: Vec<String> = vec![];
        for (key, value) in common.tags {
            let pointer = under(&holder.key("tags"), key);
            if let Some(other) = taken.iter().find(|other| same(other, key)) {
                let message = format!("tags `{other}` and `{key}` differ only in case");
                self.say(
                    self.at_key(&pointer, message).help(format!("AWS takes them for one tag of a {kind}")),
                );
            } else if self.tag_key_is_free(key, &pointer) {
                taken.push(key.clone());
                self.set(holder, &pointer, Setting::Tag { key: key.clone(), value: value.clone() });
            }
        }
        for (key, value) in &self.home.loaded.environment.tags {
            let reserved = is_reserved(key);
            if !reserved && !taken.iter().any(|other| same(other, key)) {
                taken.push(key.clone());
                let setting = Setting::Tag { key: key.clone(), value: value.clone() };
                self.set(holder, &under("/tags", key), setting);
            }
        }
        if marked_by_tag(kind) {
            let value = self.home.info.name.clone();
            holder.settings.push(Setting::Tag { key: MARK_TAG.to_owned(), value });
        }
    }

    /// Whether an author may set this tag.
    pub(super) fn tag_key_is_free(&mut self, key: &str, pointer: &str) -> bool {
        if key.eq_ignore_ascii_case(MARK_TAG) {
            let help = "it marks whose a resource is; the environment's name is its value";
            self.say(self.at_key(pointer, format!("tag `{key}` is hatrack's own")).help(help));
        } else if is_reserved(key) {
            self.say(
                self.at_key(pointer, format!("tag `{key}` begins with `aws:`, which AWS keeps to itself")),
            );
        } else {
            return true;
        }
        false
    }

    /// The path a holder will have: its own, below the environment's mark where a path is the mark.
    pub(super) fn path(&mut self, holder: &Holder, common: &Common<'_>) -> String {
        let pointer = holder.key("path");
        let own = common.path.unwrap_or("/");
        let mark = mark_path(&self.home.info.name);
        let refusal = if !own.starts_with('/') || !own.ends_with('/') || own.contains("//") {
            let tidy = own.trim_matches('/');
            let help = format!("write `{}`", if tidy.is_empty() { "/".into() } else { format!("/{tidy}/") });
            self.at(&pointer, format!("`{own}` is no path")).help(help)
        } else if ["/aws-service-role/", "/aws-reserved/"].iter().any(|prefix| own.starts_with(prefix)) {
            self.at(&pointer, format!("AWS keeps the path `{own}` to itself"))
        } else if own.starts_with("/hatrack/") {
            self.at(&pointer, format!("the path `{own}` is hatrack's own mark"))
                .help(format!("write what shall stand below `{mark}`"))
        } else if marked_by_tag(holder.id.kind) {
            return own.to_owned();
        } else {
            return format!("{mark}{}", own.trim_start_matches('/'));
        };
        self.say(refusal);
        mark
    }
}

/// Users, roles and buckets carry the environment's mark as a tag; all others as their path.
fn marked_by_tag(kind: Kind) -> bool {
    kind.is_marked_by_tag()
}

fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
        || key.eq_ignore_ascii_case(MARK_TAG)
}
