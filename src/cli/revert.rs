//! `hatrack revert`

use std::collections::BTreeSet;

use crate::cli::address::part_name;
use crate::cli::apply::{Agreement, apply_now};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::plan::{changes, parts};
use crate::report;
use crate::spec::edit::Part;
use crate::state::{ResourceId, settle};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to put back: `role/GlueEtl`, `analytics/role/GlueEtl`, or one setting: `role/GlueEtl/attached/X`
    #[arg(value_name = "ADDRESS", required = true)]
    addresses: Vec<String>,
    /// The environments to look in, by name or file; may be repeated [default: all]
    #[arg(short, long, value_name = "NAME")]
    environment: Vec<String>,
    #[command(flatten)]
    agreement: Agreement,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let selection = Selection {
        environments: args.environment.clone(),
        target: args.addresses.clone(),
        adopt: vec![],
        takeover: vec![],
        shard: None,
        left_out: vec![],
    };
    let also = |session: &Session, prepared: &Prepared| {
        rest(session, prepared, output);
        Ok(())
    };
    apply_now(global, &selection, &args.agreement, &also, output)
}

/// Says what comes along, and what else is otherwise than declared and is left alone.
fn rest(session: &Session, prepared: &Prepared, output: &Output) {
    let differences = |all: &std::collections::BTreeMap<ResourceId, crate::plan::Change>| {
        let each =
            all.iter().flat_map(|(id, change)| parts(change).into_iter().map(|part| (id.clone(), part)));
        each.collect::<BTreeSet<(ResourceId, Part)>>()
    };
    let planned = differences(&prepared.plan.changes);
    let named = |id: &ResourceId| session.is_target(id);
    let along: BTreeSet<String> =
        planned.iter().filter(|(id, _)| !named(id)).map(|(id, _)| id.address()).collect();
    if !along.is_empty() {
        let along: Vec<String> = along.into_iter().collect();
        output.say(&format!("comes along, since the rest cannot be without it: {}", along.join(", ")));
    }
    let found = &prepared.reading.state;
    let all = settle(&session.project.lowered.wanted, &session.scopes, found, &prepared.reading.unread);
    let Ok(all) = changes(&all.wanted, found, &all.renames) else { return };
    let left: Vec<(ResourceId, Part)> =
        differences(&all).into_iter().filter(|one| !planned.contains(one)).collect();
    if left.is_empty() {
        return;
    }
    const SHOWN: usize = 10;
    output.say(&format!(
        "otherwise than declared, and left alone: {}",
        report::count(left.len(), "difference")
    ));
    for (id, part) in left.iter().take(SHOWN) {
        let line = match part {
            Part::Whole => format!("{} is not there", id.address()),
            Part::Field(_) | Part::Setting(_) => format!("{}/{}", id.address(), part_name(part)),
        };
        output.say(&format!("  {line}"));
    }
    if left.len() > SHOWN {
        output.say(&format!("  and {} more: `hatrack drift` shows them", left.len() - SHOWN));
    }
}
