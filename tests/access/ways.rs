//! Ways to more rights between two estates: those that open, whom others' rights reach, and those that close.

use hatrack::access::delta::{AccessDelta, Escalation, Rank, Who, delta};
use hatrack::access::landscape::Landscape;

use crate::estate;

const ACCOUNT: &str = "111122223333";

fn change(before: &str, after: &str) -> AccessDelta {
    let (before, after) = (estate(&[("one", ACCOUNT, before)]), estate(&[("one", ACCOUNT, after)]));
    delta(&Landscape::new(&before.wanted), &Landscape::new(&after.wanted))
}

fn who(who: &Who) -> String {
    match who {
        Who::Members { group, users, .. } => format!("{} of {}", users.len(), group.address()),
        Who::Identities(ids) => ids.iter().map(|id| id.address()).collect::<Vec<_>>().join(" "),
        Who::Outside(named) => format!("{named:?}"),
    }
}

/// `2 of group/DS: role/Etl (everything)`.
fn heirs(found: &AccessDelta) -> Vec<String> {
    let told = found.heirs.iter().map(|heir| {
        let roles = heir.via.iter().chain(&heir.roles).map(|id| id.address()).collect::<Vec<_>>();
        let grade = if heir.everything { "everything" } else { heir.rank.word() };
        format!("{}: {} ({grade})", who(&heir.who), roles.join(" then "))
    });
    told.collect()
}

/// `2 of group/DS: role/Admin by a Glue job, mighty`.
fn ways(found: &AccessDelta) -> Vec<String> {
    let told = found.escalations.iter().map(|e| {
        let Escalation { known, shut, targets, mighty, by_trust, .. } = e;
        let names = known.iter().chain(targets).map(|id| id.address()).collect::<Vec<_>>().join(" ");
        let marks = [
            (*by_trust, " by trust"),
            (!mighty.is_empty(), " mighty"),
            (!shut.is_empty(), " shut"),
            (!e.is_open(), " closed"),
            (e.administrator, "everything"),
        ];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
        format!("{}: {names}{marks}", who(&e.who))
    });
    told.collect()
}

const ALL: &str = "policies: [AdministratorAccess]";
const NONE: [&str; 0] = [];

/// A group that passes some roles and runs Glue jobs, and may assume others; roles with trust and more.
fn company(pass: &str, assume: &str, run: &str, roles: &str) -> String {
    let list = |names: &str| {
        let arns: Vec<String> =
            names.split(' ').map(|name| format!("\"arn:aws:iam::{ACCOUNT}:role/{name}\"")).collect();
        arns.join(", ")
    };
    format!(
        "groups:\n  DS:\n    inline:\n      own:\n        - {{ Effect: Allow, Action: iam:PassRole, Resource: [{}] }}\n        - {{ \
         Effect: Allow, Action: sts:AssumeRole, Resource: [{}] }}\n        - {{ Effect: Allow, Action: [{run}], Resource: \"*\" \
         }}\nusers:\n  alice: {{ groups: [DS] }}\n  bob: {{ groups: [DS] }}\nroles:\n{roles}",
        list(pass),
        list(assume)
    )
}

const GLUE: &str = "glue:CreateJob, glue:StartJobRun";
const OPEN: &str = "{ account: \"111122223333\" }";
const READ: &str =
    "inline: { data: [{ Effect: Allow, Action: s3:GetObject, Resource: \"arn:aws:s3:::acme/*\" }] }";

fn role(name: &str, trust: &str, more: &str) -> String {
    format!("  {name}:\n    trust: {trust}\n    {more}\n")
}

#[test]
fn whoever_can_hand_a_role_to_what_runs_code_gains_what_it_gains() {
    let with = |run: &str, trust: &str, more: &str| company("Etl", "Nothing", run, &role("Etl", trust, more));
    let found =
        |run: &str, trust: &str, more: &str| heirs(&change(&with(run, trust, READ), &with(run, trust, more)));
    assert_eq!(found(GLUE, "glue", ALL), ["2 of group/DS: role/Etl (everything)"]);
    let iam = "policies: [IAMFullAccess]";
    assert_eq!(found(GLUE, "glue", iam), ["2 of group/DS: role/Etl (escalation)"]);
    let more =
        "inline: { data: [{ Effect: Allow, Action: \"s3:*Object\", Resource: \"arn:aws:s3:::acme/*\" }] }";
    assert_eq!(found(GLUE, "glue", more), ["2 of group/DS: role/Etl (rest)"]);
    // Neither what runs nothing, nor a role that lets no such service be it, nor a role that loses.
    assert_eq!(found("glue:CreateJob", "glue", ALL), NONE);
    assert_eq!(found(GLUE, "ec2", ALL), NONE);
    assert_eq!(heirs(&change(&with(GLUE, "glue", ALL), &with(GLUE, "glue", READ))), NONE);
}

#[test]
fn whoever_can_assume_a_role_gains_what_it_gains_through_others_as_well() {
    let roles = |first: &str, second: &str, more: &str| {
        let first = role(
            "Reader",
            first,
            "inline: { go: [{ Effect: Allow, Action: sts:AssumeRole, Resource: \"arn:aws:iam::111122223333:role/Deep\" }] }",
        );
        company("Nothing", "Reader", "sqs:ListQueues", &format!("{first}{}", role("Deep", second, more)))
    };
    let deep = "{ role: Reader }";
    let found = heirs(&change(&roles(OPEN, deep, READ), &roles(OPEN, deep, ALL)));
    assert_eq!(
        found,
        ["role/Reader: role/Deep (everything)", "2 of group/DS: role/Reader then role/Deep (everything)"]
    );
    // Both sides are needed, and on both days: what opens now is told of by itself.
    assert_eq!(
        heirs(&change(&roles("ec2", deep, READ), &roles("ec2", deep, ALL))),
        ["role/Reader: role/Deep (everything)"]
    );
    let opens = change(&roles("ec2", deep, READ), &roles(OPEN, deep, ALL));
    assert_eq!(heirs(&opens), ["role/Reader: role/Deep (everything)"]);
    assert!(opens.edges.iter().any(|edge| who(&edge.who) == "2 of group/DS" && edge.role.name == "Reader"));
}

#[test]
fn administrators_gain_nothing_by_others() {
    let with = |more: &str| format!("users:\n  root:\n    {ALL}\nroles:\n{}", role("Reader", OPEN, more));
    assert_eq!(heirs(&change(&with(READ), &with(ALL))), NONE);
    // Whoever comes with the change had nothing already.
    let with = |user: &str, more: &str| {
        let group = "groups:\n  DS:\n    can_assume: [one/Reader]\n";
        format!("{group}users:\n  {user}: {{ groups: [DS] }}\nroles:\n{}", role("Reader", OPEN, more))
    };
    assert_eq!(
        heirs(&change(&with("alice", READ), &with("alice", ALL))),
        ["1 of group/DS: role/Reader (everything)"]
    );
    assert_eq!(heirs(&change(&with("alice", READ), &with("bob", ALL))), NONE);
}

#[test]
fn a_trust_policy_opens_and_closes_ways_that_were_there() {
    let with = |pass: &str, trust: &str| company(pass, "Nothing", GLUE, &role("Admin", trust, ALL));
    let (open, shut) = (with("Admin", "[ec2, glue]"), with("Admin", "ec2"));
    let found = change(&shut, &open);
    assert_eq!(ways(&found), ["2 of group/DS: role/Admin by trust mighty"]);
    let closed = |found: &AccessDelta| {
        let told = found.closed.iter().map(|c| format!("{}: {}", who(&c.who), c.roles[0].address()));
        told.collect::<Vec<_>>()
    };
    assert_eq!(closed(&found), NONE);
    assert_eq!(closed(&change(&open, &shut)), ["2 of group/DS: role/Admin"]);
    assert_eq!(closed(&change(&open, &with("Other", "[ec2, glue]"))), ["2 of group/DS: role/Admin"]);
    assert_eq!(ways(&change(&open, &shut)), NONE);
    // A role that comes with the change and that could be passed by name.
    let none = company("Admin", "Nothing", GLUE, &role("Other", "ec2", READ));
    let found = ways(&change(&none, &open));
    assert_eq!(found, ["role/Admin: everything", "2 of group/DS: role/Admin by trust mighty"]);
    // Both at once are told of once, and one that goes is told of as gone.
    assert_eq!(ways(&change(&with("Other", "ec2"), &open)), ["2 of group/DS: role/Admin mighty"]);
    assert_eq!(closed(&change(&open, &none)), NONE);
}

#[test]
fn a_role_that_lets_no_service_be_it_is_no_way_yet() {
    let with = |pass: &str, trust: &str| company(pass, "Nothing", GLUE, &role("Admin", trust, ALL));
    let found = |pass: &str, trust: &str| ways(&change(&with("Other", trust), &with(pass, trust)));
    assert_eq!(found("Admin", "ec2"), ["2 of group/DS:  shut closed"]);
    assert_eq!(found("Admin", "glue"), ["2 of group/DS: role/Admin mighty"]);
    // What is not there may come, and of a pattern others may.
    assert_eq!(found("Missing", "ec2"), ["2 of group/DS: "]);
    assert_eq!(found("Ad*", "ec2"), ["2 of group/DS:  shut"]);
}

fn may(statements: &str, more: &str) -> String {
    format!(
        "groups:\n  DS:\n    inline:\n      own: [{statements}]\n  Admins:\n    {ALL}\nusers:\n  alice: {{ groups: [DS] }}\n  \
         root: {{ groups: [Admins] }}\nroles:\n{}{}{more}",
        role("Admin", "ec2", ALL),
        role("Reader", OPEN, READ),
    )
}

fn opened(action: &str, on: &str) -> Vec<String> {
    let allow = |action: &str, on: &str| {
        format!("{{ Effect: Allow, Action: [{action}], Resource: \"arn:aws:iam::111122223333:{on}\" }}")
    };
    ways(&change(&may(&allow("iam:GetRole", on), ""), &may(&allow(action, on), "")))
}

#[test]
fn what_is_done_to_one_role_user_or_group_by_iam_alone_is_a_way() {
    assert_eq!(opened("iam:UpdateAssumeRolePolicy", "role/Admin"), ["1 of group/DS: role/Admin mighty"]);
    assert_eq!(opened("iam:UpdateAssumeRolePolicy", "role/Rea*"), ["1 of group/DS: role/Reader"]);
    for action in ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"] {
        assert_eq!(opened(action, "user/root"), ["1 of group/DS: user/root mighty"], "{action}");
        // Of one's own keys nothing comes.
        assert_eq!(opened(action, "user/alice"), NONE, "{action}");
    }
    assert_eq!(opened("iam:AddUserToGroup", "group/*/Admins"), ["1 of group/DS: group/Admins mighty"]);
    assert_eq!(opened("iam:AddUserToGroup", "group/*/DS"), NONE);
    assert_eq!(opened("iam:PutGroupPolicy", "group/*/DS"), ["1 of group/DS: group/DS"]);
    assert_eq!(opened("iam:PutGroupPolicy", "group/*/Admins"), NONE);
    assert_eq!(opened("iam:AttachUserPolicy", "user/alice"), ["1 of group/DS: user/alice"]);
    assert_eq!(opened("iam:AttachUserPolicy", "user/root"), NONE);
    // A role's policies are a way for who can become it.
    assert_eq!(opened("iam:PutRolePolicy", "role/Reader"), NONE);
    assert_eq!(opened("iam:PutRolePolicy, sts:AssumeRole", "role/Reader"), ["1 of group/DS: role/Reader"]);
    assert_eq!(opened("iam:PutRolePolicy, sts:AssumeRole", "role/Admin"), NONE);
    assert_eq!(
        opened("iam:PutRolePolicy, iam:UpdateAssumeRolePolicy", "role/Reader"),
        ["1 of group/DS: role/Reader"]
    );
}

#[test]
fn what_is_denied_is_no_way() {
    let allow = "{ Effect: Allow, Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::111122223333:role/A*\" }";
    let deny =
        "{ Effect: Deny, Action: \"iam:Update*\", Resource: \"arn:aws:iam::111122223333:role/Admin\" }";
    assert_eq!(ways(&change(&may(deny, ""), &may(&format!("{allow}, {deny}"), ""))), NONE);
    // What comes later and fits is one.
    let (before, after) = (may(allow, ""), may(allow, &role("Acme", "ec2", READ)));
    assert_eq!(ways(&change(&before, &after)), ["1 of group/DS: role/Acme"]);
}

#[test]
fn pairs_of_actions_have_to_be_on_the_same_role() {
    let on = |action: &str, role: &str| {
        format!("{{ Effect: Allow, Action: {action}, Resource: \"arn:aws:iam::111122223333:role/{role}\" }}")
    };
    let both = |written: &str, assumed: &str| {
        let more = format!("{}, {}", on("iam:PutRolePolicy", written), on("sts:AssumeRole", assumed));
        ways(&change(&may(&on("sts:AssumeRole", assumed), ""), &may(&more, "")))
    };
    assert_eq!(both("Admin", "Reader"), NONE);
    assert_eq!(both("Reader", "Reader"), ["1 of group/DS: role/Reader"]);
    assert_eq!(both("acme/*", "other/*"), NONE);
    assert_eq!(both("acme/*", "*"), ["1 of group/DS: "]);
}

#[test]
fn studio_is_a_way_and_what_a_statement_leaves_out_is_none() {
    let with = |policies: &str| format!("users:\n  alice:\n    {policies}\n");
    let found = change(&with(""), &with("policies: [AmazonSageMakerFullAccess]"));
    let gains: Vec<&str> = found.escalations.iter().flat_map(|e| &e.methods).map(|m| m.gain).collect();
    assert!(gains.contains(&"open Studio as any of its users, which acts as their role"), "{gains:?}");
    // The policy leaves users of Studio out of what it lets be made.
    assert!(!gains.iter().any(|gain| gain.contains("user of Studio")), "{gains:?}");
    let all =
        "inline: { own: [{ Effect: Allow, Action: [\"sagemaker:*\", \"iam:PassRole\"], Resource: \"*\" }] }";
    let found = change(&with(""), &with(all));
    let gains: Vec<&str> = found.escalations.iter().flat_map(|e| &e.methods).map(|m| m.gain).collect();
    assert!(gains.contains(&"make a user of Studio who acts as a role"), "{gains:?}");
}

#[test]
fn whoever_is_let_into_a_role_is_told_with_what_it_can() {
    let with = |trust: &str, more: &str| format!("roles:\n{}", role("Reader", trust, more));
    let found = change(&with("ec2", READ), &with("[ec2, { account: \"999988887777\" }]", READ));
    let access = found.gained[0].role.as_ref().expect("it is about a role");
    assert_eq!(
        (found.gained[0].rank, access.everything, access.most.len(), access.more),
        (Rank::External, false, 1, 0)
    );
    assert_eq!(access.most[0].services, ["s3"]);
    let found = change(&with("ec2", ALL), &with("[ec2, glue]", ALL));
    assert_eq!(found.gained[0].rank, Rank::Escalation);
    assert!(found.gained[0].role.as_ref().expect("it is about a role").everything);
}

#[test]
fn roles_with_the_same_policies_are_not_told_of_each_other() {
    let with = |more: &str| {
        let own = format!("policies: [AmazonSageMakerFullAccess{more}]");
        format!("roles:\n{}{}", role("One", "sagemaker", &own), role("Two", "sagemaker", &own))
    };
    assert_eq!(heirs(&change(&with(""), &with(", AmazonSQSFullAccess"))), NONE);
    // Another that can be both gains with both.
    let third = role("Three", "ec2", "policies: [AmazonSageMakerFullAccess]");
    let found = change(&format!("{}{third}", with("")), &format!("{}{third}", with(", AmazonSQSFullAccess")));
    assert_eq!(heirs(&found), ["role/Three: role/One then role/Two (rest)"]);
}

#[test]
fn a_condition_that_spares_no_service_closes_the_way() {
    let with = |condition: &str, more: &str| {
        let pass =
            format!("{{ Effect: Allow, Action: iam:PassRole, Resource: \"*\", Condition: {condition} }}");
        format!(
            "users:\n  alice:\n    inline:\n      own: [{pass}, {{ Effect: Allow, Action: [{GLUE}], Resource: \"*\" }}]\nroles:\n{}",
            role("Etl", "glue", more)
        )
    };
    let found = |condition: &str| heirs(&change(&with(condition, READ), &with(condition, ALL)));
    let is = "{ StringEquals: { iam:PassedToService: glue.amazonaws.com } }";
    let is_not = "{ StringNotEquals: { iam:PassedToService: glue.amazonaws.com } }";
    assert_eq!(found(is), ["user/alice: role/Etl (everything)"]);
    assert_eq!(found(is_not), NONE);
}

#[test]
fn a_role_that_passes_itself_on_becomes_nobody_else() {
    let role = |passed: &str| {
        let pass = format!(
            "{{ Effect: Allow, Action: \"iam:PassRole\", Resource: \"arn:aws:iam::111122223333:role/{passed}\" }}"
        );
        let run = "{ Effect: Allow, Action: \"sagemaker:CreateTrainingJob\", Resource: \"*\" }";
        format!(
            "roles:\n  Train:\n    trust: sagemaker\n    inline:\n      jobs:\n        - {pass}\n        - {run}\n"
        )
    };
    assert!(change("", &role("Train")).escalations.is_empty());
    assert!(!change("", &role("Other")).escalations.is_empty());
}
