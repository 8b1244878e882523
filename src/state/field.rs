//! The fields of cores by the names that specifications give them: which differ, and one taken over from another core.

use super::{Core, Domain, Notebook, NotebookLifecycle, Space, StudioLifecycle, UserProfile};

/// One field of two cores of the same kind.
trait Pair {
    fn differs(&self) -> bool;
    fn take(&mut self);
}

impl<T: PartialEq + Clone> Pair for (&mut T, &T) {
    fn differs(&self) -> bool {
        *self.0 != *self.1
    }

    fn take(&mut self) {
        self.0.clone_from(self.1);
    }
}

/// Shows every field of two cores of one kind. A new field does not compile until it is named here.
macro_rules! fields {
    ($visit:ident, $pattern:path, $to:ident, $from:ident, { $($field:ident as $name:literal: $theirs:ident),* $(,)? }) => {{
        let $pattern { $($field),* } = $to;
        let $pattern { $($field: $theirs),* } = $from;
        $($visit($name, &mut ($field, $theirs));)*
    }};
}

fn visit(to: &mut Core, from: &Core, visit: &mut dyn FnMut(&'static str, &mut dyn Pair)) {
    // An id names its kind, so cores of two kinds never meet.
    match to {
        Core::User { path: a } => {
            let Core::User { path: b } = from else { return };
            visit("path", &mut (a, b));
        }
        Core::Group { path: a } => {
            let Core::Group { path: b } = from else { return };
            visit("path", &mut (a, b));
        }
        Core::InstanceProfile { path: a } => {
            let Core::InstanceProfile { path: b } = from else { return };
            visit("path", &mut (a, b));
        }
        Core::Policy { path: a, description: c, document: e } => {
            let Core::Policy { path: b, description: d, document: f } = from else { return };
            visit("path", &mut (a, b));
            visit("description", &mut (c, d));
            visit("document", &mut (e, f));
        }
        Core::Role { path: a, description: c, max_session_seconds: e, trust: g } => {
            let Core::Role { path: b, description: d, max_session_seconds: f, trust: h } = from else {
                return;
            };
            visit("path", &mut (a, b));
            visit("description", &mut (c, d));
            visit("max_session_duration", &mut (e, f));
            visit("trust", &mut (g, h));
        }
        Core::Bucket { region: a } => {
            let Core::Bucket { region: b } = from else { return };
            visit("region", &mut (a, b));
        }
        Core::Domain(to) => {
            let Core::Domain(from) = from else { return };
            fields!(visit, Domain, to, from, {
                auth_mode as "auth_mode": a,
                vpc as "vpc": b,
                kms_key as "kms_key": c,
                subnets as "subnets": d,
                network as "network": e,
                execution_role as "execution_role": f,
                security_groups as "security_groups": g,
                idle_minutes as "idle_minutes": h,
                home_files as "home_files": i,
            });
        }
        Core::UserProfile(to) => {
            let Core::UserProfile(from) = from else { return };
            fields!(visit, UserProfile, to, from, {
                domain as "domain": a,
                sso_user as "sso_user": b,
                execution_role as "execution_role": c,
                security_groups as "security_groups": d,
            });
        }
        Core::Space(to) => {
            let Core::Space(from) = from else { return };
            fields!(visit, Space, to, from, { domain as "domain": a, owner as "owner": b });
        }
        Core::Notebook(to) => {
            let Core::Notebook(from) = from else { return };
            fields!(visit, Notebook, to, from, {
                subnet as "subnet": a,
                security_groups as "security_groups": b,
                direct_internet as "direct_internet": c,
                kms_key as "kms_key": d,
                instance_type as "instance_type": e,
                execution_role as "execution_role": f,
                volume_gb as "volume_gb": g,
                root_access as "root_access": h,
                metadata_version as "metadata_version": i,
                lifecycle as "lifecycle": j,
                running as "running": k,
            });
        }
        Core::NotebookLifecycle(to) => {
            let Core::NotebookLifecycle(from) = from else { return };
            fields!(visit, NotebookLifecycle, to, from, { on_create as "on_create": a, on_start as "on_start": b });
        }
        Core::StudioLifecycle(to) => {
            let Core::StudioLifecycle(from) = from else { return };
            fields!(visit, StudioLifecycle, to, from, { app as "app": a, script as "script": b });
        }
        Core::Account => {}
    }
}

impl Core {
    /// The names of its fields.
    pub fn fields(&self) -> Vec<&'static str> {
        let mut names = vec![];
        visit(&mut self.clone(), self, &mut |name, _| names.push(name));
        names
    }

    /// The names of the fields in which another core of the kind differs.
    pub fn differing_fields(&self, other: &Self) -> Vec<&'static str> {
        let mut names = vec![];
        visit(&mut self.clone(), other, &mut |name, pair| {
            if pair.differs() {
                names.push(name);
            }
        });
        names
    }

    /// Takes the fields over whose names are meant.
    pub fn take_fields(&mut self, from: &Self, meant: &dyn Fn(&'static str) -> bool) {
        visit(self, from, &mut |name, pair| {
            if meant(name) {
                pair.take();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_is_taken_and_the_others_stay() {
        let of = |running, instance_type: &str| {
            Core::Notebook(Notebook {
                subnet: None,
                security_groups: [].into(),
                direct_internet: true,
                kms_key: None,
                instance_type: instance_type.to_owned(),
                execution_role: String::new(),
                volume_gb: 5,
                root_access: false,
                metadata_version: 2,
                lifecycle: None,
                running,
            })
        };
        let (mut found, wanted) = (of(Some(false), "ml.p3.2xlarge"), of(Some(true), "ml.t3.medium"));
        assert_eq!(found.differing_fields(&wanted), ["instance_type", "running"]);
        found.take_fields(&wanted, &|name| name == "running");
        assert_eq!(found, of(Some(true), "ml.p3.2xlarge"));
        assert_eq!(found.fields().len(), 11);
    }
}
