//! SageMaker and account settings, declared and changed by hand: edited in place, everything else byte for byte.

use hatrack::state::{AppType, Core, HomeFiles, PasswordPolicy, PublicAccessBlock, SettingKey};

use super::*;

const FILE: &str = "environments/one.yaml";
/// Written by several hands, each with a style of its own.
const TEXT: &str = r#"# The analytics account.
environment: one   # its name
account: "111122223333"
region: eu-west-1
variables: { project: alpha }

roles:
  Execution: { trust: sagemaker }
  Other: { trust: sagemaker }

sagemaker: # all of it
  lifecycle_configurations:
    lab-setup: # of the lab
      app: JupyterLab
      script: | # as the wiki says
        #!/bin/bash
        echo lab
    more: { app: JupyterLab, script: "echo more" }
    notebook-setup:
      on_start: "echo hello\n" # hello
  domains:
    studio:
      vpc: vpc-0a1b2c3d4e5f60718
      subnets:
        - subnet-0a1b2c3d4e5f60718 # the first
        - subnet-1a1b2c3d4e5f60718 # the second
      execution_role: Execution # for all
      security_groups: [sg-0a1b2c3d4e5f60718] # ours
      lifecycle_configurations: [lab-setup] # for all
      idle_minutes: 120 # two hours
      user_profiles:
        # The first.
        alice: {} # a
        bob:
          execution_role: Other # for now
          tags: { desk: "7" }
  notebooks:
    scratch-${{ project }}: # everybody's
      execution_role: Execution
      instance_type: ml.t3.large # small
      lifecycle_configuration: notebook-setup

account_settings:
  alias: acme-alpha # on the door
  password_policy:
    # As the CISO says.
    minimum_length: 16 # long
    require_numbers: true # as always
    max_age_days: 365 # a year
  public_access_block: { restrict_public_buckets: false } # the site
# The end of the file.
"#;

fn of_studio(address: &str) -> ResourceId {
    format!("{}/eu-west-1:{address}", number()).parse().unwrap()
}

fn studio<'a>(state: &'a mut State, address: &str) -> &'a mut Resource {
    state.resources.get_mut(&of_studio(address)).unwrap_or_else(|| panic!("no {address}"))
}

fn applied() -> (Project, State) {
    let project = Project::new(&[(FILE, TEXT)]);
    exits(&project, 0, &["apply", "--yes"]);
    let state = read_account(&project);
    (project, state)
}

/// Makes a change by hand, adopts it, and holds that only these lines came and went.
fn edit(addresses: &[&str], by_hand: fn(&mut State), gone: &[&str], came: &[&str]) {
    let (project, mut state) = applied();
    by_hand(&mut state);
    write_account(&project, &state);
    exits(&project, 2, &["plan"]);
    let run = exits(&project, 0, &[&["adopt"], addresses, &["--yes"]].concat());
    let after = project.read(FILE);
    let diff = similar::TextDiff::from_lines(TEXT, &after);
    let of = |tag| -> Vec<String> {
        let changes = diff.iter_all_changes().filter(|change| change.tag() == tag);
        changes.map(|change| change.value().trim_end_matches('\n').to_owned()).collect()
    };
    let (went, new) = (of(similar::ChangeTag::Delete), of(similar::ChangeTag::Insert));
    assert_eq!(
        (went, new),
        (gone.iter().map(|s| (*s).to_owned()).collect(), came.iter().map(|s| (*s).to_owned()).collect()),
        "{addresses:?}\n{}",
        run.shown()
    );
    exits(&project, 0, &["plan"]);
    assert_eq!(read_account(&project), state, "{addresses:?}: adopting changes no account");
}

#[test]
fn fields_of_a_domain() {
    edit(
        &["domain/studio/subnets", "domain/studio/idle_minutes", "domain/studio/home_files"],
        |s| {
            let Core::Domain(domain) = &mut studio(s, "domain/studio").core else { panic!() };
            domain.subnets = ["subnet-1a1b2c3d4e5f60718".into(), "subnet-2a1b2c3d4e5f60718".into()].into();
            domain.idle_minutes = None;
            domain.home_files = HomeFiles::Delete;
        },
        &["        - subnet-0a1b2c3d4e5f60718 # the first", "      idle_minutes: 120 # two hours"],
        &["        - subnet-2a1b2c3d4e5f60718", "      home_files: delete"],
    );
    edit(
        &["domain/studio"],
        |s| {
            let Core::Domain(domain) = &mut studio(s, "domain/studio").core else { panic!() };
            domain.security_groups.insert("sg-1a1b2c3d4e5f60718".into());
            domain.execution_role = "arn:aws:iam::111122223333:role/Other".into();
            // What was bob's own is now everybody's, as it is read.
            let Core::UserProfile(bob) = &mut studio(s, "user-profile/studio/bob").core else { panic!() };
            bob.execution_role = None;
        },
        &[
            "      execution_role: Execution # for all",
            "      security_groups: [sg-0a1b2c3d4e5f60718] # ours",
        ],
        &[
            "      execution_role: Other # for all",
            "      security_groups: [sg-0a1b2c3d4e5f60718, sg-1a1b2c3d4e5f60718] # ours",
        ],
    );
}

#[test]
fn scripts() {
    let more = |s: &mut State| {
        let config = of_studio("studio-lifecycle/more");
        studio(s, "domain/studio").set(Setting::StudioLifecycle { config, app: AppType::JupyterLab });
    };
    edit(
        &["domain/studio/lifecycle/more"],
        more,
        &["      lifecycle_configurations: [lab-setup] # for all"],
        &["      lifecycle_configurations: [lab-setup, more] # for all"],
    );
    edit(
        &["domain/studio/lifecycle/*"],
        |s| {
            let key = SettingKey::StudioLifecycle(of_studio("studio-lifecycle/lab-setup"));
            studio(s, "domain/studio").settings.remove(&key);
        },
        &["      lifecycle_configurations: [lab-setup] # for all"],
        &[],
    );
    edit(
        &["studio-lifecycle/lab-setup", "notebook-lifecycle/notebook-setup"],
        |s| {
            let Core::StudioLifecycle(lab) = &mut studio(s, "studio-lifecycle/lab-setup").core else {
                panic!()
            };
            lab.script = "#!/bin/bash\nif true; then\n  echo other\nfi\n".into();
            let Core::NotebookLifecycle(notebook) = &mut studio(s, "notebook-lifecycle/notebook-setup").core
            else {
                panic!()
            };
            notebook.on_create = Some("#!/bin/bash\necho made\n".into());
        },
        &["        echo lab"],
        &[
            "        if true; then",
            "          echo other",
            "        fi",
            "      on_create: |",
            "        #!/bin/bash",
            "        echo made",
        ],
    );
}

#[test]
fn people_and_notebooks() {
    edit(
        &["user-profile/studio/*"],
        |s| {
            let Core::UserProfile(bob) = &mut studio(s, "user-profile/studio/bob").core else { panic!() };
            bob.execution_role = None;
            studio(s, "user-profile/studio/bob").set(Setting::Tag { key: "desk".into(), value: "8".into() });
            let Core::UserProfile(alice) = &mut studio(s, "user-profile/studio/alice").core else { panic!() };
            alice.execution_role = Some("arn:aws:iam::111122223333:role/Other".into());
        },
        &[
            "        alice: {} # a",
            "          execution_role: Other # for now",
            "          tags: { desk: \"7\" }",
        ],
        &["        alice: { execution_role: Other } # a", "          tags: { desk: \"8\" }"],
    );
    edit(
        &["notebook/scratch-alpha"],
        |s| {
            let Core::Notebook(notebook) = &mut studio(s, "notebook/scratch-alpha").core else { panic!() };
            notebook.instance_type = "ml.t3.medium".into();
            notebook.running = Some(false);
            notebook.lifecycle = None;
        },
        &["      instance_type: ml.t3.large # small", "      lifecycle_configuration: notebook-setup"],
        &["      running: false"],
    );
}

#[test]
fn what_was_deleted_leaves_the_file() {
    edit(
        &["user-profile/studio/alice", "notebook/scratch-alpha", "studio-lifecycle/more"],
        |s| {
            for gone in ["user-profile/studio/alice", "notebook/scratch-alpha", "studio-lifecycle/more"] {
                s.resources.remove(&of_studio(gone));
            }
        },
        &[
            "    more: { app: JupyterLab, script: \"echo more\" }",
            "        alice: {} # a",
            "  notebooks:",
            "    scratch-${{ project }}: # everybody's",
            "      execution_role: Execution",
            "      instance_type: ml.t3.large # small",
            "      lifecycle_configuration: notebook-setup",
        ],
        &[],
    );
    // With a domain go those who were in it.
    let (project, mut state) = applied();
    state.resources.retain(|id, _| !matches!(id.kind, Kind::Domain | Kind::UserProfile));
    write_account(&project, &state);
    exits(&project, 0, &["adopt", "domain/*", "user-profile/*", "--yes"]);
    assert!(!project.read(FILE).contains("domains:") && project.read(FILE).contains("notebooks:"));
    exits(&project, 0, &["plan"]);
    // Without anything left, SageMaker is still looked at.
    state.resources.retain(|id, _| !id.kind.is_regional());
    write_account(&project, &state);
    exits(&project, 0, &["adopt", "notebook/*", "*-lifecycle/*", "--yes"]);
    assert!(project.read(FILE).contains("\nsagemaker: {} # all of it\n"), "{}", project.read(FILE));
    exits(&project, 0, &["plan"]);
}

#[test]
fn settings_of_the_account() {
    edit(
        &["account/settings"],
        |s| {
            let settings = resource(s, "account/settings");
            settings.set(Setting::AccountAlias("acme-beta".into()));
            settings.set(Setting::PasswordPolicy(PasswordPolicy {
                minimum_length: 14,
                max_age_days: Some(90),
                require_symbols: false,
                remember: None,
                ..PasswordPolicy::default()
            }));
            settings.set(Setting::PublicAccessBlock(PublicAccessBlock::default()));
        },
        &[
            "  alias: acme-alpha # on the door",
            "    minimum_length: 16 # long",
            "    max_age_days: 365 # a year",
            "  public_access_block: { restrict_public_buckets: false } # the site",
        ],
        &[
            "  alias: acme-beta # on the door",
            "    require_symbols: false",
            "    max_age_days: 90 # a year",
            "    remember: 0",
            "  public_access_block: {} # the site",
        ],
    );
    edit(
        &["account/settings/password-policy"],
        |s| {
            resource(s, "account/settings").settings.remove(&SettingKey::PasswordPolicy);
        },
        &[
            "  password_policy:",
            "    # As the CISO says.",
            "    minimum_length: 16 # long",
            "    require_numbers: true # as always",
            "    max_age_days: 365 # a year",
        ],
        &[],
    );
}

#[test]
fn the_last_setting_leaves_an_empty_section() {
    let text = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\naccount_settings:\n  # On the door.\n  alias: acme # ours\n# The end.\n";
    let project = Project::new(&[(FILE, text)]);
    exits(&project, 0, &["apply", "--yes"]);
    let mut state = read_account(&project);
    resource(&mut state, "account/settings").settings.clear();
    write_account(&project, &state);
    exits(&project, 0, &["adopt", "account/settings/alias", "--yes"]);
    assert!(project.read(FILE).contains("account_settings: {}"), "{}", project.read(FILE));
    exits(&project, 0, &["plan"]);
}

#[test]
fn what_the_file_does_not_have_comes_first() {
    let (project, mut state) = applied();
    let mut script = state.resources[&of_studio("studio-lifecycle/more")].clone();
    script.settings.clear();
    state.resources.insert(of_studio("studio-lifecycle/new"), script);
    let config = of_studio("studio-lifecycle/new");
    studio(&mut state, "domain/studio").set(Setting::StudioLifecycle { config, app: AppType::JupyterLab });
    write_account(&project, &state);
    let run = exits(&project, 1, &["adopt", "domain/studio", "--yes"]);
    assert!(
        run.stderr.contains("this file does not declare studio-lifecycle/new: adopt that first"),
        "{}",
        run.shown()
    );
    assert_eq!(project.read(FILE), TEXT);
    exits(&project, 0, &["adopt", "studio-lifecycle/new", "--yes"]);
    exits(&project, 0, &["adopt", "domain/studio", "--yes"]);
    assert!(project.read(FILE).contains("lifecycle_configurations: [lab-setup, new] # for all"));
}
