//! Edits of policy documents, a statement at a time, so that what stands beside a changed one stays.

use serde_json::Value as Json;

use super::place::Holder;
use super::text::{Edit, Irregular};
use super::wish::Cannot;
use crate::policy::{Document, Statement};
use crate::spec::authored::Authored;
use crate::spec::engine::OPEN;
use crate::spec::raise::yaml;
use crate::spec::tree::{Entry, Node, Value};

/// A document to be changed.
pub(super) struct Rewrite<'a> {
    pub holder: Holder<'a>,
    /// As it was written, and read.
    pub authored: &'a Authored,
    /// The map that has it.
    pub map: &'a Node,
    /// Its key and value there.
    pub entry: &'a Entry,
    /// What it shall say.
    pub found: &'a Document,
    /// All of it as it would be written anew.
    pub whole: Json,
    /// One statement as it would be written.
    pub statement: &'a dyn Fn(&Statement) -> Json,
}

impl Rewrite<'_> {
    pub fn edits(&self) -> Result<Vec<Edit>, Cannot> {
        if let Some(list) = self.list() {
            // Where that is not how it is written, all of it is.
            if let Ok(edits) = self.by_statement(list)? {
                return Ok(edits);
            }
        }
        if let Some(span) = self.holder.placeholder(&self.entry.value) {
            return Err(self.cannot(span, "it holds a placeholder"));
        }
        if let Some(template) = self.entry.value.get("template") {
            return Err(self.cannot(template.span.clone(), "it comes from a template"));
        }
        let text = self.holder.text();
        Ok(text.replace_value(self.map, self.entry, &self.whole)?)
    }

    fn cannot(&self, span: crate::diagnostic::Span, why: &str) -> Cannot {
        let propose = yaml::in_one_line(&self.entry.key, &self.whole);
        Cannot { span: Some(span), why: why.to_owned(), propose: Some(propose) }
    }

    /// The list of statements, if that is how it is written, and the rest of the document stays as it is.
    fn list(&self) -> Option<&Node> {
        let written = &self.authored.written.document;
        if (written.version, &written.id) != (self.found.version, &self.found.id) {
            return None;
        }
        let value = &self.entry.value;
        let list = if matches!(value.value, Value::List(_)) { Some(value) } else { value.get("Statement") };
        list.filter(|list| matches!(&list.value, Value::List(items) if !items.is_empty()))
    }

    fn by_statement(&self, list: &Node) -> Result<Result<Vec<Edit>, Irregular>, Cannot> {
        let Value::List(items) = &list.value else { return Ok(Ok(vec![])) };
        let written = &self.authored.written;
        let goes = written.statements.iter().filter(|w| !self.found.statements.contains(&w.statement));
        let mut comes: Vec<&Statement> =
            self.found.statements.iter().filter(|s| !written.document.statements.contains(s)).collect();
        let mut going = vec![];
        for one in goes {
            let place = self.authored.place(&one.pointer);
            let at = place.and_then(|p| items.iter().position(|item| item.span == p.value));
            let Some(n) = at else {
                let span = place.map_or(list.span.clone(), |p| p.edited.clone());
                return Err(self.cannot(span, "it comes from a template"));
            };
            if let Some(span) = items.get(n).and_then(|item| self.holder.placeholder(item)) {
                let propose = yaml::flow(&self.whole_of(&one.statement, &comes));
                let why = format!("the statement holds a placeholder (`{OPEN} … }}}}`)");
                return Err(Cannot { span: Some(span), why, propose: Some(propose) });
            }
            going.push((n, &one.statement));
        }
        let text = self.holder.text();
        let mut edits = vec![];
        let alone = going.len() == 1 && comes.len() == 1;
        for (n, old) in going {
            let same = |new: &&&Statement| alone || (old.sid.is_some() && new.sid == old.sid);
            let new = comes.iter().find(same).copied();
            let edit = match new {
                Some(new) => {
                    comes.retain(|one| *one != new);
                    text.replace_item(list, n, &(self.statement)(new))
                }
                None => text.remove_item(list, n),
            };
            match edit {
                Ok(edit) => edits.push(edit),
                Err(why) => return Ok(Err(why)),
            }
        }
        let more: Vec<Json> = comes.into_iter().map(self.statement).collect();
        if !more.is_empty() {
            match text.add_items(list, &more) {
                Ok(edit) => edits.push(edit),
                Err(why) => return Ok(Err(why)),
            }
        }
        // Nobody can write an empty list of statements.
        let kept = items.len() + more.len() > edits.iter().filter(|edit| edit.text.is_empty()).count();
        Ok(if kept { Ok(edits) } else { Err(Irregular("nothing would be left".to_owned())) })
    }

    /// What would be written in the place of a statement.
    fn whole_of(&self, old: &Statement, comes: &[&Statement]) -> Json {
        let same = comes.iter().find(|new| old.sid.is_some() && new.sid == old.sid).or(comes.first());
        same.map_or(Json::Null, |new| (self.statement)(new))
    }
}
