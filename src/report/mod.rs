//! Results as data, data as bytes: a plan, the drift of an account, what became of an apply, and what is wrong in the
//! author's text.
//!
//! Each report is plain data that says everything (it is the documented JSON); renderers make text of it. Nothing is
//! printed here, and no clock, file or terminal is known.

mod access;
mod access_markdown;
mod answers;
mod apply;
mod audit;
mod aws_managed;
mod basis;
mod brief;
mod by_hand;
mod changed_by;
mod changes;
mod comparison;
mod diagnostics;
mod drift;
mod escape;
mod findings;
mod ignored;
mod json;
mod limits;
mod lock;
mod markdown;
mod meters;
mod moved;
mod page;
mod permissions;
mod plan;
mod policy;
mod said;
mod sarif;
mod statements;
mod style;
mod telling;
mod terminal;
mod value;
mod who_can;
mod why;
mod witness;
mod words;

pub use access::{
    AccessLine, AccessReport, AccessStatement, ClosedLine, DenialLine, EscalationLine, HeirLine, Principals,
    RoleAccessLine, RoleAccessPart, RoleLine,
};
pub use answers::Answers;
pub use apply::{ApplyReport, ApplyStep, ApplySummary, StepResult};
pub use audit::{AuditFinding, AuditGap, AuditInputs, AuditReport, AuditSummary, KeptCheck};
pub use aws_managed::{
    ActionLine, ActionLines, AwsElementLine, AwsHolder, AwsManagedLine, AwsPolicyChange, AwsStatementLine,
};
pub use basis::{Basis, Member, ReportKind, incomplete};
pub use by_hand::ByHand;
pub use changed_by::{Carried, CarriedFinding, ChangedBy};
pub use changes::{Action, FieldChange, ResourceChange, SettingAction, SettingLine};
pub use comparison::{GapLine, PolicyComparison, StatementInFile};
pub use diagnostics::{diagnostics_json, diagnostics_terminal};
pub use drift::{Class, DriftReport, DriftSummary, Finding};
pub use escape::{json as harmless_json, text as harmless};
pub use findings::FindingsReport;
pub use ignored::Ignored;
pub use lock::{LockAction, LockLine, LockReport};
pub use meters::MeterLine;
pub use moved::moved;
pub use page::Terminal;
pub use permissions::{AccountPermissions, PermissionsReport};
pub use plan::{
    AcceptableHazard, AccountFinding, BridgeLine, CoverageLine, EnvironmentHead, EnvironmentPlan, Inputs,
    NotChecked, PlanReport, PlanSummary, ShardLine, StepLine,
};
pub use policy::{ElementLine, PolicyDiff, StatementLine};
pub use said::{Said, objection, unplannable, unread};
pub use style::Label;
pub use terminal::said_terminal;
pub use value::Value;
pub use who_can::{AbleLine, WhoCan};
pub use why::{
    Explanation, Ground, MissingLeg, NearMiss, NotEvaluated, Origin, OriginOf, PlacedStatement, RequestLine,
    StatementReason, TestLine,
};
pub use witness::witness;
pub use words::{count, operation_line};

/// One environment that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvironmentLine<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its account.
    pub account: &'a crate::state::AccountId,
    /// Its region.
    pub region: &'a str,
    /// Its file, as the user would type it.
    pub source: &'a str,
}

impl EnvironmentLine<'_> {
    /// To be written to a file.
    fn kept(&self) -> crate::plan::SavedEnvironment {
        let Self { name, account, region, source } = *self;
        crate::plan::SavedEnvironment {
            name: name.to_owned(),
            account: account.clone(),
            region: region.to_owned(),
            source: source.to_owned(),
        }
    }
}

/// The version of every JSON document written here; it goes up when a field changes its meaning or goes.
pub const FORMAT_VERSION: u32 = 1;
