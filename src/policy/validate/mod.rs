//! Validation: what is wrong in a document whose grammar is right, since AWS would refuse it or it could never
//! work. Always on; what is no error can be allowed with a reason. One theme a file.

use std::collections::BTreeSet;

use super::{Problem, Written};

mod actions;
mod arn_form;
mod contradictions;
mod fit;
mod keys;
mod operators;
mod principals;
mod resources;
mod values;
mod variables;
mod whole;

pub use actions::unknown_action;
pub use fit::could_be_on;
pub use keys::{closest_key, unknown_key};
pub use resources::works_on;
pub use values::{instant, is_date};

impl Written {
    /// Everything wrong that the grammar does not tell, for an account in a partition.
    pub fn check(&self, partition: &str) -> Vec<Problem> {
        let mut problems = whole::version(self);
        for statement in &self.statements {
            problems.extend(actions::check(statement, self.usage));
            let arns = arn_form::check(statement);
            let said: BTreeSet<String> = arns.iter().map(|problem| problem.pointer.clone()).collect();
            problems.extend(arns);
            problems.extend(resources::check(statement, partition, &said));
            problems.extend(keys::check(statement));
            problems.extend(operators::check(statement));
            problems.extend(values::check(statement));
            problems.extend(variables::check(statement, self.has_variables()));
            problems.extend(principals::check(statement));
            problems.extend(contradictions::check(statement));
        }
        problems
    }

    /// Whether a document that stands alone is larger than AWS takes. In an environment the resource that holds it
    /// is measured instead, with all it holds.
    pub fn size_problems(&self) -> Vec<Problem> {
        whole::size(self)
    }
}

/// Whether a policy variable or the like stands in it, so that its text is not known.
fn is_open(text: &str) -> bool {
    text.contains("${")
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn ticked<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}
