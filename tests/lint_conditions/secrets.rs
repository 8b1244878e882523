//! Secrets in files, parameters that nothing uses, keys in an account.

use std::collections::BTreeSet;

use super::{TODAY, in_document, in_environment, source};
use hatrack::lint;
use hatrack::policy::Usage;
use hatrack::state::{CredentialKind, ResourceId, Setting};

/// What is underlined as a secret in an environment with these variables.
fn secrets(variables: &str) -> Vec<String> {
    let body = format!("variables:\n{variables}");
    let found = in_environment(&body, &[]);
    let secret = found.iter().filter(|d| d.rule == Some("secret-literal"));
    secret
        .map(|d| {
            let span = d.span.as_ref().unwrap();
            let text = span.source.text[span.start..span.end].to_owned();
            assert!(!d.message.contains(&text), "the message shows the secret: {}", d.message);
            text
        })
        .collect()
}

#[test]
fn secret_literal() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    for (variables, wanted) in [
        ("  x: AKIAIOSFODNN7EXAMPLE\n", "AKIAIOSFODNN7EXAMPLE"),
        ("  x: \"id ASIAIOSFODNN7EXAMPLE here\"\n", "ASIAIOSFODNN7EXAMPLE"),
        ("  # old: AKIAIOSFODNN7EXAMPLE\n  x: y\n", "AKIAIOSFODNN7EXAMPLE"),
        (
            "  secret_access_key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("  password: hunter2\n", "hunter2"),
        ("  DbPassword: correct-horse-battery\n", "correct-horse-battery"),
        ("  api_key: 9f86d081884c7d659a2feaa0c55ad015\n", "9f86d081884c7d659a2feaa0c55ad015"),
        ("  url: postgres://app:s3cr3tpw@db.example.com/x\n", "s3cr3tpw"),
        (&format!("  x: {token}\n"), &token),
        ("  x: \"-----BEGIN RSA PRIVATE KEY-----\"\n", "-----BEGIN RSA PRIVATE KEY-----"),
    ] {
        assert_eq!(secrets(variables), [wanted], "{variables}");
    }
    for variables in [
        "  account_token: ${{ environment }}-token\n",
        "  secret: alpha/warehouse\n",
        "  password: \"********\"\n",
        "  role_id: AROAIOSFODNN7EXAMPLE1\n",
        "  user_id: AIDAIOSFODNN7EXAMPLE\n",
        "  commit: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\n",
        "  digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
        "  key: 1234abcd-12ab-34cd-56ef-1234567890ab\n",
        "  secret_arn: arn:aws:secretsmanager:eu-west-1:111122223333:secret:alpha-AbCdEf\n",
        "  password: /alpha/warehouse/password\n",
        "  account_number: \"111122223333\"\n",
        "  url: https://example.com/a@b\n",
        "  tokens_per_minute: \"100000\"\n",
    ] {
        assert!(secrets(variables).is_empty(), "{variables}");
    }
}

#[test]
fn secrets_in_documents_and_templates() {
    let text = "{Effect: Deny, Action: 's3:*', Resource: '*', Condition: {StringEquals: {aws:userid: AKIAIOSFODNN7EXAMPLE}}}";
    let found = in_document(Usage::Identity, text);
    assert!(found.iter().any(|d| d.rule == Some("secret-literal")));
    let template = |default: &str| {
        format!(
            "template: t\nkind: role\ndescription: d\nparameters:\n  db_password: {{ type: text, description: d, default: {default} }}\nbody:\n  trust: lambda\n  description: ${{{{ db_password }}}}\n"
        )
    };
    let body = "roles:\n  R: { template: t }\n";
    let breaks = |default: &str| {
        in_environment(body, &[&template(default)]).iter().any(|d| d.rule == Some("secret-literal"))
    };
    assert!(breaks("hunter2"));
    assert!(!breaks("/alpha/password"));
    let id = "{Effect: Allow, Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole', Condition: {StringEquals: {sts:ExternalId: a1B2c3D4e5F6g7H8i9J0}}}";
    assert!(in_document(Usage::Trust, id).iter().all(|d| d.rule != Some("secret-literal")));
}

#[test]
fn template_unused_parameter() {
    let template = |parameters: &str, body: &str| {
        format!(
            "template: t\nkind: role\ndescription: d\nparameters:\n{parameters}body:\n  trust: lambda\n{body}"
        )
    };
    let p = "  p: { type: text, description: d, default: x }\n";
    let q = "  q: { type: text, description: d, default: y }\n";
    let unused = |template: &str| {
        let found = in_environment("roles:\n  R: { template: t }\n", &[template]);
        assert!(found.iter().all(|d| d.severity != hatrack::diagnostic::Severity::Error), "{found:?}");
        found.iter().filter(|d| d.rule == Some("template-unused-parameter")).count()
    };
    let both = format!("{p}{q}");
    for (parameters, body, wanted) in [
        (p, "", 1),
        (p, "  description: p\n", 1),
        (p, "  description: \"${p}\"\n", 1),
        (&both, "  description: ${{ p }}\n", 1),
        (&both, "", 2),
        (p, "  description: ${{ \"p\" }}\n", 1),
        (p, "  description: ${{ p }}\n", 0),
        (p, "  description: x ${{ p | upper }}\n", 0),
        (p, "  tags:\n    ${{ p }}: v\n", 0),
        (&both, "  description: ${{ p ~ q }}\n", 0),
        (p, "  description: ${{ \"a\" if p == \"x\" else \"b\" }}\n", 0),
        (
            p,
            "  inline:\n    i:\n      - {Effect: Allow, Action: \"s3:GetObject\", Resource: [\"arn:aws:s3:::${{ p }}/*\"]}\n",
            0,
        ),
    ] {
        assert_eq!(unused(&template(parameters, body)), wanted, "{parameters}{body}");
    }
}

#[test]
fn access_key() {
    let environment = source(
        "environments/a.yaml",
        "environment: a\naccount: \"111122223333\"\nregion: eu-west-1\ngroups: { G: {} }\nusers:\n  alice: { groups: [G], console: true }\n  bob: { groups: [G] }\n",
    );
    let (lowered, wrong) = hatrack::spec::load(&[environment], &[]);
    let lowered = lowered.unwrap_or_else(|| panic!("{wrong:?}"));
    let users: Vec<ResourceId> = lowered
        .wanted
        .resources
        .keys()
        .filter(|id| ["alice", "bob"].contains(&id.name.as_str()))
        .cloned()
        .collect();
    let [alice, bob] = users.as_slice() else { panic!("{users:?}") };
    let held = |kinds: &[(&ResourceId, CredentialKind)], ours: &[&ResourceId]| {
        let mut state = lowered.wanted.clone();
        for (number, (id, kind)) in kinds.iter().enumerate() {
            let user = state.resources.get_mut(*id).unwrap();
            user.set(Setting::Credential { kind: *kind, id: format!("AKIAEXAMPLE{number}") });
        }
        let ours: BTreeSet<_> = ours.iter().map(|id| (*id).clone()).collect();
        let found = lint::account(&state, &ours, &lowered.environments, TODAY);
        found.iter().filter(|f| f.rule.id == "access-key").map(|f| f.id.name.clone()).collect::<Vec<_>>()
    };
    let key = CredentialKind::AccessKey;
    for (kinds, ours, wanted) in [
        (vec![(alice, key)], vec![alice, bob], vec!["alice"]),
        (vec![(alice, key), (alice, key)], vec![alice], vec!["alice", "alice"]),
        (vec![(alice, key), (bob, key)], vec![alice, bob], vec!["alice", "bob"]),
        (vec![(bob, key)], vec![bob], vec!["bob"]),
        (vec![(bob, key), (bob, CredentialKind::MfaDevice)], vec![bob], vec!["bob"]),
        (vec![(alice, key), (bob, CredentialKind::SshPublicKey)], vec![alice, bob], vec!["alice"]),
        (vec![], vec![alice, bob], vec![]),
        (vec![(alice, key)], vec![bob], vec![]),
        (vec![(alice, CredentialKind::MfaDevice)], vec![alice], vec![]),
        (vec![(alice, CredentialKind::SshPublicKey)], vec![alice], vec![]),
        (vec![(alice, CredentialKind::SigningCertificate)], vec![alice], vec![]),
        (vec![(alice, CredentialKind::ServiceSpecific)], vec![alice], vec![]),
    ] {
        assert_eq!(held(&kinds, &ours), wanted, "{kinds:?} {ours:?}");
    }
    let declared = lint::estate(lint::Estate { lowered: &lowered, today: TODAY });
    assert!(declared.findings.iter().all(|d| d.rule != Some("access-key")));
}
