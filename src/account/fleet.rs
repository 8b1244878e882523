//! Several accounts as one: each operation goes to the account its target is in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Account, ReadRequest, Reading, TopicMessage, Unreachable};
use crate::plan::{TrailAnswer, TrailPage};
use crate::state::{AccountId, Operation, Refusal};

/// Several accounts as one.
#[derive(Default)]
pub struct Fleet {
    members: BTreeMap<AccountId, Arc<dyn Account>>,
}

impl Fleet {
    /// Adds an account.
    pub fn add(&mut self, id: AccountId, account: Arc<dyn Account>) {
        self.members.insert(id, account);
    }
}

impl Account for Fleet {
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable> {
        let readings: Vec<Result<Reading, Unreachable>> = std::thread::scope(|scope| {
            let asked = |id: &AccountId| {
                let scopes = request.scopes.iter().filter(|s| s.account == *id).cloned().collect();
                ReadRequest { scopes, credentials: request.credentials }
            };
            let reads: Vec<_> = self
                .members
                .iter()
                .map(|(id, account)| (asked(id), account))
                .filter(|(request, _)| !request.scopes.is_empty())
                .map(|(request, account)| scope.spawn(move || account.read(&request)))
                .collect();
            let lost =
                || Unreachable { message: String::from("reading ended by a bug in hatrack"), help: vec![] };
            reads.into_iter().map(|read| read.join().unwrap_or_else(|_| Err(lost()))).collect()
        });
        let mut all = Reading::default();
        for reading in readings {
            let Reading { state, unread, callers, notes } = reading?;
            all.state.accounts.extend(state.accounts);
            all.state.resources.extend(state.resources);
            all.unread.extend(unread);
            all.callers.extend(callers);
            all.notes.extend(notes);
        }
        Ok(all)
    }

    fn perform(&self, operation: &Operation) -> Result<(), Refusal> {
        match self.members.get(&operation.target.account) {
            Some(account) => account.perform(operation),
            None => Err(Refusal::Unavailable {
                message: format!("account {} is not part of this run", operation.target.account),
            }),
        }
    }

    fn trail(&self, page: &TrailPage) -> Result<TrailAnswer, String> {
        match self.members.get(&page.id.account) {
            Some(account) => account.trail(page),
            None => Err(String::from("the account is not part of this run")),
        }
    }

    /// As the topic's own account works, if it takes part; else as the first one does.
    fn publish(&self, message: &TopicMessage) -> Result<(), String> {
        let own = self.members.get(&message.topic.account).or_else(|| self.members.values().next());
        own.ok_or_else(|| String::from("there is no account to send from"))?.publish(message)
    }
}
