//! `hatrack who-can`

use crate::access::asked::Unclear;
use crate::access::landscape::{DocumentId, Held, Landscape};
use crate::access::who_can::{actions_of, has_unread_policy, resources_of, who_can};
use crate::cli::asking::{Asking, unclear};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::policy::AccessWord;
use crate::policy::catalogue::Action;
use crate::report::{Ground, WhoCan};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// One action, such as `s3:GetObject`, or a word for some: `list`, `read-data`, `write-data`, `delete-data`,
    /// `administer`, `become`
    #[arg(value_name = "ACTION")]
    action: String,
    /// Of what: an ARN, `s3://bucket/key`, `bucket/NAME`, `role/NAME`, a pattern such as `s3://bucket/pii/*`, or `*`
    #[arg(value_name = "RESOURCE")]
    resource: String,
    #[command(flatten)]
    asking: Asking,
    /// Print a table for spreadsheets
    #[arg(long)]
    csv: bool,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let Args { action, resource, asking, csv } = args;
    if *csv && output.format != Format::Terminal {
        return Err(Failure::error("`--csv` and `--format` are two formats").help("leave one of them out"));
    }
    let context = asking.context()?;
    let asked = asking.state(global, output)?;
    let names = asked.names();
    let elsewhere =
        |wrong| asked.elsewhere(wrong, global, &|names| names.resource_or_pattern(resource).is_ok());
    let (actions, resource) = match action.parse::<AccessWord>() {
        Ok(word) => {
            let found = names.resource_or_pattern(resource).map_err(elsewhere)?;
            let actions = actions_of(word, &found);
            if actions.is_empty() {
                let message = format!("no action is `{word}` on `{resource}`");
                return Err(unclear(Unclear { message, help: Some(what_has(word).to_owned()) }));
            }
            (actions, found)
        }
        Err(no_word) if !action.contains(':') => {
            return Err(Failure::error(no_word).help("or an action, such as `s3:GetObject`"));
        }
        Err(_) => {
            let action = names.action(action).map_err(unclear)?;
            let found = names.resource_or_pattern(resource).map_err(elsewhere)?;
            names.fits(resource, &found, action).map_err(unclear)?;
            (vec![action], found)
        }
    };
    asked.look_at_bucket(&resource, output);
    let landscape = Landscape::new(&asked.state);
    let stand = resources_of(&landscape, &actions, &resource, &context);
    let able = who_can(&landscape, &actions, &stand.resources, &context);
    let unread = has_unread_policy(&landscape, &actions, &stand.resources);
    let origin =
        |document: &DocumentId, number: usize, held: Option<&Held>| asked.origin(document, number, held);
    let ground = Ground { landscape: &landscape, names: &names, origin: &origin, on: &asked.on };
    let tried = actions.iter().map(|action| Action::full_name(action)).collect();
    let report = WhoCan::new(&able, action, tried, &resource, &stand.unproven, unread, ground);
    output.result(&match output.format {
        _ if *csv => report.csv(),
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    Ok(ExitCode::Done)
}

/// What to name for an access word.
fn what_has(word: AccessWord) -> &'static str {
    match word {
        AccessWord::Become => "people become roles: name one, such as `role/GlueEtl`, or `role/*` for any",
        AccessWord::List | AccessWord::ReadData | AccessWord::WriteData | AccessWord::DeleteData => {
            "name a resource that has data, such as `s3://bucket/key`, or an action"
        }
        AccessWord::Administer => "name a resource, such as `s3://bucket` or `role/GlueEtl`, or an action",
    }
}
