//! A principal that was deleted.

use crate::diagnostic::Severity;
use crate::lint::identity::documents;
use crate::lint::{At, Check, Example, Hit, Live, Rule};

macro_rules! found {
    ($principal:literal) => {
        concat!(
            r#"{"111122223333:role/Reader": {"core": {"role": {"path": "/", "description": "",
                "max_session_seconds": 3600, "trust": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": ""#,
            $principal,
            r#""}, "Action": "sts:AssumeRole"}]}}}, "settings": []}}"#
        )
    };
}

pub(super) static RULE: Rule = Rule {
    id: "dangling-principal",
    severity: Severity::Error,
    sentence: "A policy names a user or role that was deleted, by the id that AWS shows for it.",
    why: "AWS remembers principals by ids of its own and shows the id once the user or role is gone. Nobody is \
          meant any more: even a new user or role of the same name has another id.",
    help: "write the ARN of the one who is to be let in, and put the policy again, or leave it out",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Account("roles:\n  Reader: { trust: glue }\n", found!("AIDAJQABLZS4A3QDU576Q")),
    passes: Example::Account(
        "roles:\n  Reader: { trust: glue }\n",
        found!("arn:aws:iam::111122223333:user/alice"),
    ),
    check: Check::State(check),
};

fn check(live: &Live<'_>) -> Vec<Hit> {
    // What an author wrote is refused when it is read.
    let documents = documents(live.state).filter(|(id, ..)| live.found && live.ours.contains(*id));
    let hits = documents.flat_map(|(id, setting, policy, _)| {
        let gone = policy.document().map(crate::policy::Document::dangling_principals).unwrap_or_default();
        let gone: Vec<String> = gone.into_iter().map(str::to_owned).collect();
        gone.into_iter().map(move |principal| {
            let kind = if principal.starts_with("AIDA") { "user" } else { "role" };
            let message = format!("`{principal}` was the id of a {kind} that is deleted, and means nobody any more");
            Hit::new(At::Setting(id.clone(), setting.clone()), message)
        })
    });
    hits.collect()
}
