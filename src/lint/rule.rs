//! What a rule is, and what it says.

use super::subject::{Identity, Live, Subject, Texts};
use crate::diagnostic::{Severity, Span};
use crate::policy::Usage;
use crate::state::{ResourceId, SettingKey};

/// A rule. Its documentation page is made from these texts.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which is that of its file with hyphens.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What it finds, in one sentence with capital and full stop.
    pub sentence: &'static str,
    /// Why that matters, in a paragraph: what goes wrong, who gains what.
    pub why: &'static str,
    /// The way out.
    pub help: &'static str,
    /// Where AWS, or who found it out, says so: an address.
    pub source: &'static str,
    /// Something that breaks it.
    pub trips: Example,
    /// The same, mended: nothing in it breaks any rule.
    pub passes: Example,
    /// How it looks.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Nothing: the policy room says it whenever a document is read.
    Reading,
    /// One document.
    Document(fn(&Subject<'_>) -> Vec<Hit>),
    /// All documents that give one identity its rights.
    Identity(fn(&Identity<'_>) -> Vec<Hit>),
    /// Everything that is declared, or found in an account.
    State(fn(&Live<'_>) -> Vec<Hit>),
    /// The files as they were written.
    Text(fn(&Texts<'_>) -> Vec<Hit>),
    /// Nothing: the engine says it of suppressions.
    Suppression,
}

/// Something to try a rule on, and to show in its documentation.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A policy document, in JSON or YAML.
    Policy(Usage, &'static str),
    /// The body of an environment, without its header (`environment: analytics`, account 111122223333, region
    /// eu-west-1), in YAML.
    Environment(&'static str),
    /// A template of the project, and the body of an environment that uses it.
    Template(&'static str, &'static str),
    /// The body of an environment, and what is found in the account: an account file's `resources`, in JSON.
    Account(&'static str, &'static str),
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where.
    pub at: At,
    /// What is wrong: lower case, no full stop, the user's words in back-ticks.
    pub message: String,
    /// The way out here, where the rule's own help is too general.
    pub help: Option<String>,
    /// Other places that matter, each with its words.
    pub related: Vec<(At, String)>,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The value at a JSON pointer in the document at hand.
    Value(String),
    /// The key at a JSON pointer in the document at hand.
    Key(String),
    /// The value at a JSON pointer in one of the documents of the identity at hand, by its number there.
    Held(usize, String),
    /// A resource, or a setting of it.
    Setting(ResourceId, Option<SettingKey>),
    /// A place in a file.
    Place(Span),
}

impl Hit {
    /// Found at the value of a pointer.
    pub fn at(pointer: &str, message: impl Into<String>) -> Self {
        Self::new(At::Value(pointer.to_owned()), message)
    }

    /// Found at the key of a pointer.
    pub fn at_key(pointer: &str, message: impl Into<String>) -> Self {
        Self::new(At::Key(pointer.to_owned()), message)
    }

    /// Found somewhere.
    pub fn new(at: At, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None, related: vec![] }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, at: At, words: impl Into<String>) -> Self {
        self.related.push((at, words.into()));
        self
    }
}
